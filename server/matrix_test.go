package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

// access is how a route answers: nobody, a pending user, a user with things of
// their own, another user and an admin with the first user's things.
type access struct{ anonymous, pending, owner, other, admin int }

// The usual doors.
var (
	openToAll = access{200, 200, 200, 200, 200}
	forSigned = access{401, 200, 200, 200, 200}
	forUsers  = access{401, 401, 200, 200, 200}
	forAdmins = access{401, 401, 401, 401, 200}
	ofBase    = access{401, 401, 200, 400, 200} // a knowledge base of somebody else
	inBase    = access{401, 401, 200, 403, 200} // what is inside one
	ofOwner   = access{401, 401, 200, 401, 401} // a chat of somebody else is as if it were not there
)

// matrix says for every route who may use it.
var matrix = map[string]access{
	"GET /":             openToAll,
	"GET /openapi.json": openToAll,
	"GET /health":       openToAll,
	"GET /health/db":    openToAll,
	"GET /ready":        openToAll,
	"GET /api/version":  openToAll,
	"GET /api/config":   openToAll,

	"GET /api/models":                        forUsers,
	"GET /api/models/base":                   forAdmins,
	"GET /api/v1/models":                     forUsers,
	"GET /api/usage":                         forUsers,
	"GET /api/changelog":                     openToAll,
	"GET /api/tasks/chat/{chat_id}":          forUsers,
	"GET /api/v1/models/model/profile/image": {302, 302, 302, 302, 302},
	"GET /api/v1/channels/":                  forUsers,
	"GET /api/v1/tools/":                     forUsers,
	"GET /api/v1/skills/":                    forUsers,
	"GET /api/v1/functions/":                 forUsers,
	"GET /api/v1/terminals/":                 forUsers,
	"GET /api/events":                        forAdmins,
	"GET /api/events/webhooks":               forAdmins,

	"GET /api/v1/auths/":                 forSigned,
	"POST /api/v1/auths/signup":          {403, 403, 403, 403, 403}, // it is closed
	"POST /api/v1/auths/signin":          openToAll,
	"POST /api/v1/auths/signout":         openToAll,
	"POST /api/v1/auths/add":             forAdmins,
	"POST /api/v1/auths/update/profile":  forUsers,
	"POST /api/v1/auths/update/password": {401, 400, 400, 400, 400}, // the old password is wrong
	"POST /api/v1/auths/update/timezone": forSigned,
	"GET /api/v1/auths/api_key":          {401, 403, 403, 403, 404}, // users lack the permission
	"POST /api/v1/auths/api_key":         {401, 403, 403, 403, 200}, // users lack the permission
	"DELETE /api/v1/auths/api_key":       forSigned,

	"GET /api/v1/auths/admin/details":             forSigned,
	"GET /api/v1/auths/admin/config":              forAdmins,
	"POST /api/v1/auths/admin/config":             forAdmins,
	"GET /api/v1/auths/admin/config/ldap/server":  forAdmins,
	"POST /api/v1/auths/admin/config/ldap/server": forAdmins,
	"GET /api/v1/auths/admin/config/ldap":         forAdmins,
	"POST /api/v1/auths/admin/config/ldap":        forAdmins,
	"GET /api/v1/auths/admin/config/oauth":        forAdmins,
	"POST /api/v1/auths/admin/config/oauth":       forAdmins,

	"POST /api/v1/configs/import":                     forAdmins,
	"GET /api/v1/configs/export":                      forAdmins,
	"GET /api/v1/configs/namespace/{namespace}":       forAdmins,
	"POST /api/v1/configs/interface/visibility":       forAdmins,
	"GET /api/v1/configs/connections":                 forAdmins,
	"POST /api/v1/configs/connections":                forAdmins,
	"GET /api/v1/configs/tool_servers":                forAdmins,
	"POST /api/v1/configs/tool_servers":               forAdmins,
	"GET /api/v1/configs/terminal_servers":            forAdmins,
	"POST /api/v1/configs/terminal_servers":           forAdmins,
	"GET /api/v1/configs/code_execution":              forAdmins,
	"POST /api/v1/configs/code_execution":             forAdmins,
	"GET /api/v1/configs/models/defaults":             forUsers,
	"GET /api/v1/configs/models":                      forAdmins,
	"POST /api/v1/configs/models":                     forAdmins,
	"GET /api/v1/configs/subagents":                   forAdmins,
	"POST /api/v1/configs/subagents":                  forAdmins,
	"POST /api/v1/configs/suggestions":                forAdmins,
	"GET /api/v1/configs/banners":                     forUsers,
	"POST /api/v1/configs/banners":                    forAdmins,
	"POST /api/v1/configs/oauth/clients/register":     {401, 401, 401, 401, 501}, // is not done here
	"POST /api/v1/configs/tool_servers/verify":        {401, 401, 401, 401, 501}, // is not done here
	"POST /api/v1/configs/terminal_servers/verify":    {401, 401, 401, 401, 501}, // is not done here
	"POST /api/v1/configs/terminal_servers/policy":    {401, 401, 401, 401, 501}, // is not done here
	"POST /api/v1/configs/terminal_servers/lifecycle": {401, 401, 401, 401, 501}, // is not done here
	"POST /api/v1/configs/terminal_servers/refresh":   {401, 401, 401, 401, 501}, // is not done here

	"POST /api/v1/auths/ldap":                            {400, 400, 400, 400, 400}, // it is switched off
	"DELETE /api/v1/auths/oauth/sessions/{provider}":     {401, 401, 404, 404, 404},
	"POST /api/v1/auths/oauth/{provider}/token/exchange": {403, 403, 403, 403, 403},
	"GET /api/v1/auths/mfa/status":                       forSigned,
	"POST /api/v1/auths/mfa/challenge":                   {403, 403, 403, 403, 403}, // it came from nowhere
	"POST /api/v1/auths/mfa/enroll/start":                {401, 401, 401, 401, 401},
	"POST /api/v1/auths/mfa/enroll/confirm":              {401, 401, 401, 401, 401},
	"POST /api/v1/auths/mfa/verify":                      {401, 401, 401, 401, 401},
	"POST /api/v1/auths/mfa/recover":                     {401, 401, 401, 401, 401},
	"POST /api/v1/auths/mfa/replace":                     {401, 403, 403, 403, 403},
	"POST /api/v1/auths/mfa/recovery/codes":              {401, 403, 403, 403, 403},

	"GET /api/v1/users/":                             forAdmins,
	"GET /api/v1/users/all":                          forAdmins,
	"GET /api/v1/users/search":                       forUsers,
	"GET /api/v1/users/groups":                       forUsers,
	"GET /api/v1/users/permissions":                  forUsers,
	"GET /api/v1/users/default/permissions":          forAdmins,
	"POST /api/v1/users/default/permissions":         forAdmins,
	"GET /api/v1/users/default/permissions/defaults": forAdmins,
	"GET /api/v1/users/usage":                        forUsers,
	"GET /api/v1/users/user/status":                  forUsers,
	"POST /api/v1/users/user/status/update":          forUsers,
	"GET /api/v1/users/user/info":                    forUsers,
	"POST /api/v1/users/user/info/update":            forUsers,
	"GET /api/v1/users/user/variables":               forUsers,
	"POST /api/v1/users/user/variables/update":       forUsers,
	"GET /api/v1/users/{user_id}":                    forAdmins,
	"DELETE /api/v1/users/{user_id}":                 forAdmins,
	"GET /api/v1/users/{user_id}/info":               forUsers,
	"GET /api/v1/users/{user_id}/oauth/sessions":     {401, 401, 401, 401, 400}, // there are none
	"GET /api/v1/users/{user_id}/profile/image":      forUsers,
	"GET /api/v1/users/{user_id}/active":             forUsers,
	"POST /api/v1/users/{user_id}/sessions/revoke":   forAdmins,
	"POST /api/v1/users/{user_id}/update":            forAdmins,
	"GET /api/v1/users/{user_id}/groups":             forAdmins,
	"GET /api/v1/users/{user_id}/preview":            forAdmins,
	"GET /api/v1/users/user/settings":                forUsers,
	"POST /api/v1/users/user/settings/update":        forUsers,

	"GET /api/v1/chats/":        forUsers,
	"GET /api/v1/chats/list":    forUsers,
	"DELETE /api/v1/chats/":     forUsers,
	"POST /api/v1/chats/new":    forUsers,
	"GET /api/v1/chats/{id}":    {401, 401, 200, 401, 200},
	"POST /api/v1/chats/{id}":   {401, 401, 200, 401, 401},
	"DELETE /api/v1/chats/{id}": {401, 401, 200, 404, 200},

	"GET /api/v1/chats/stats/usage":                         forUsers,
	"GET /api/v1/chats/stats/export":                        forUsers,
	"GET /api/v1/chats/stats/export/{chat_id}":              {401, 401, 200, 404, 200},
	"GET /api/v1/chats/config":                              forAdmins,
	"POST /api/v1/chats/config":                             forAdmins,
	"POST /api/v1/chats/{id}/compact":                       ofOwner,
	"POST /api/v1/chats/{id}/messages/{message_id}/resolve": ofOwner,
	"POST /api/v1/chats/import":                             forUsers,
	"PATCH /api/v1/chats/{id}/params":                       ofOwner,
	"POST /api/v1/chats/{id}/messages/{message_id}":         ofOwner,
	"DELETE /api/v1/chats/{id}/messages/{message_id}":       ofOwner,
	"POST /api/v1/chats/{id}/messages/{message_id}/event":   ofOwner,
	"POST /api/v1/chats/{id}/clone":                         ofOwner,
	"POST /api/v1/chats/{id}/fork":                          {401, 401, 200, 404, 404},
	"GET /api/v1/chats/{id}/pinned":                         ofOwner,
	"POST /api/v1/chats/{id}/pin":                           ofOwner,
	"POST /api/v1/chats/{id}/archive":                       ofOwner,
	"POST /api/v1/chats/archive/all":                        forUsers,
	"POST /api/v1/chats/unarchive/all":                      forUsers,
	"POST /api/v1/chats/{id}/folder":                        {401, 401, 200, 404, 404},
	"POST /api/v1/chats/read":                               forUsers,
	"POST /api/v1/chats/{id}/unread":                        {401, 401, 200, 404, 404},
	"GET /api/v1/chats/{id}/tags":                           {401, 401, 200, 401, 200},
	"POST /api/v1/chats/{id}/tags":                          ofOwner,
	"DELETE /api/v1/chats/{id}/tags":                        ofOwner,
	"GET /api/v1/chats/all/tags":                            forUsers,
	"POST /api/v1/chats/tags":                               forUsers,
	"GET /api/v1/chats/search":                              forUsers,
	"GET /api/v1/chats/pinned":                              forUsers,
	"GET /api/v1/chats/archived":                            forUsers,
	"GET /api/v1/chats/archived/count":                      forUsers,
	"GET /api/v1/chats/all":                                 forUsers,
	"GET /api/v1/chats/all/archived":                        forUsers,
	"GET /api/v1/chats/all/db":                              forAdmins,
	"GET /api/v1/chats/list/user/{user_id}":                 forAdmins,
	"GET /api/v1/chats/folder/{id}":                         forUsers, // of others there is nothing to see
	"GET /api/v1/chats/folder/{id}/list":                    forUsers,
	"POST /api/v1/chats/{id}/share":                         ofOwner,
	"DELETE /api/v1/chats/{id}/share":                       ofOwner,
	"DELETE /api/v1/chats/share/all":                        forUsers,
	"GET /api/v1/chats/share/{share_id}":                    {401, 401, 200, 401, 200},
	"POST /api/v1/chats/{id}/clone/shared":                  {401, 401, 200, 401, 200},
	"GET /api/v1/chats/shared":                              forUsers,
	"GET /api/v1/chats/shared/{id}/access":                  {401, 401, 200, 404, 200},
	"POST /api/v1/chats/shared/{id}/access/update":          {401, 401, 200, 404, 404},

	"GET /api/v1/folders/":                      forUsers,
	"POST /api/v1/folders/":                     forUsers,
	"GET /api/v1/folders/shared":                forUsers,
	"GET /api/v1/folders/{id}":                  {401, 401, 200, 404, 404},
	"DELETE /api/v1/folders/{id}":               {401, 401, 200, 404, 404},
	"POST /api/v1/folders/{id}/update":          {401, 401, 200, 404, 404},
	"POST /api/v1/folders/{id}/update/parent":   {401, 401, 200, 404, 404},
	"POST /api/v1/folders/{id}/update/expanded": {401, 401, 200, 404, 404},
	"POST /api/v1/folders/{id}/access/update":   {401, 401, 200, 404, 404},
	"GET /api/v1/folders/{id}/shared/chats":     {401, 401, 200, 404, 404},
	"POST /api/v1/folders/{id}/read":            {401, 401, 200, 404, 404},

	"GET /api/v1/search":                    forUsers,
	"GET /api/v1/notes/":                    forUsers,
	"GET /api/v1/notes/pinned":              forUsers,
	"GET /api/v1/notes/search":              forUsers,
	"POST /api/v1/notes/create":             forUsers,
	"GET /api/v1/notes/{id}":                {401, 401, 200, 403, 200},
	"POST /api/v1/notes/{id}/update":        {401, 401, 200, 403, 200},
	"POST /api/v1/notes/{id}/access/update": {401, 401, 200, 403, 200},
	"POST /api/v1/notes/{id}/pin":           {401, 401, 200, 403, 200},
	"DELETE /api/v1/notes/{id}/delete":      {401, 401, 200, 403, 200},
	"GET /api/v1/notes/{id}/chat":           {401, 401, 200, 403, 200},
	"POST /api/v1/notes/{id}/chat":          {401, 401, 200, 403, 200},
	"GET /api/v1/notes/{id}/chats":          {401, 401, 200, 403, 200},

	"GET /api/v1/groups/":                      forUsers,
	"POST /api/v1/groups/create":               forAdmins,
	"GET /api/v1/groups/id/{id}":               forAdmins,
	"GET /api/v1/groups/id/{id}/info":          forUsers,
	"GET /api/v1/groups/id/{id}/export":        forAdmins,
	"POST /api/v1/groups/id/{id}/users":        forAdmins,
	"GET /api/v1/groups/id/{id}/members":       forAdmins,
	"GET /api/v1/groups/id/{id}/preview":       forAdmins,
	"POST /api/v1/groups/id/{id}/update":       forAdmins,
	"POST /api/v1/groups/id/{id}/users/add":    forAdmins,
	"POST /api/v1/groups/id/{id}/users/remove": forAdmins,
	"DELETE /api/v1/groups/id/{id}/delete":     forAdmins,

	"GET /api/v1/knowledge/":                                         forUsers,
	"GET /api/v1/knowledge/search":                                   forUsers,
	"GET /api/v1/knowledge/search/files":                             forUsers,
	"POST /api/v1/knowledge/create":                                  {401, 401, 401, 401, 200}, // users lack the permission
	"POST /api/v1/knowledge/reindex":                                 {401, 401, 401, 401, 501},
	"POST /api/v1/knowledge/metadata/reindex":                        forAdmins,
	"GET /api/v1/knowledge/external/connections":                     forAdmins,
	"POST /api/v1/knowledge/external/connections":                    forAdmins,
	"GET /api/v1/knowledge/external/connections/{id}":                forAdmins,
	"PATCH /api/v1/knowledge/external/connections/{id}":              forAdmins,
	"DELETE /api/v1/knowledge/external/connections/{id}":             forAdmins,
	"POST /api/v1/knowledge/external/connections/{id}/test":          forAdmins,
	"POST /api/v1/knowledge/external/connections/{id}/retrieve-test": {401, 401, 401, 401, 501},
	"POST /api/v1/knowledge/external/source/test":                    {401, 401, 401, 401, 501},
	"POST /api/v1/knowledge/external/knowledge/create":               forAdmins,
	"POST /api/v1/knowledge/external/source/create":                  {401, 401, 401, 401, 501},
	"PATCH /api/v1/knowledge/external/source/{id}":                   {401, 401, 401, 401, 501},
	"GET /api/v1/knowledge/{id}":                                     {401, 401, 200, 401, 200},
	"POST /api/v1/knowledge/{id}/update":                             ofBase,
	"POST /api/v1/knowledge/{id}/access/update":                      ofBase,
	"DELETE /api/v1/knowledge/{id}/delete":                           ofBase,
	"POST /api/v1/knowledge/{id}/reset":                              ofBase,
	"GET /api/v1/knowledge/{id}/files":                               ofBase,
	"GET /api/v1/knowledge/{id}/files/pending":                       ofBase,
	"POST /api/v1/knowledge/{id}/file/add":                           ofBase,
	"POST /api/v1/knowledge/{id}/files/batch/add":                    ofBase,
	"POST /api/v1/knowledge/{id}/file/update":                        ofBase,
	"POST /api/v1/knowledge/{id}/file/remove":                        ofBase,
	"POST /api/v1/knowledge/{id}/sync/diff":                          inBase,
	"POST /api/v1/knowledge/{id}/sync/cleanup":                       inBase,
	"POST /api/v1/knowledge/{id}/dirs/create":                        inBase,
	"POST /api/v1/knowledge/{id}/dirs/{dir_id}/update":               inBase,
	"DELETE /api/v1/knowledge/{id}/dirs/{dir_id}/delete":             inBase,
	"POST /api/v1/knowledge/{id}/file/move":                          inBase,
	"GET /api/v1/knowledge/{id}/export":                              forAdmins,

	"POST /api/v1/files/":                         forUsers,
	"GET /api/v1/files/":                          forUsers,
	"GET /api/v1/files/search":                    forUsers,
	"GET /api/v1/files/user/search":               forUsers,
	"GET /api/v1/files/count":                     forUsers,
	"GET /api/v1/files/user/count":                forUsers,
	"DELETE /api/v1/files/all":                    forAdmins,
	"GET /api/v1/files/{id}":                      {401, 401, 200, 404, 200},
	"DELETE /api/v1/files/{id}":                   {401, 401, 200, 404, 200},
	"GET /api/v1/files/{id}/process/status":       {401, 401, 200, 404, 200},
	"GET /api/v1/files/{id}/data/content":         {401, 401, 200, 404, 200},
	"POST /api/v1/files/{id}/data/content/update": {401, 401, 200, 404, 200},
	"GET /api/v1/files/{id}/content":              {401, 401, 200, 404, 200},
	"GET /api/v1/files/{id}/content/html":         {401, 401, 404, 404, 404}, // only what admins have uploaded
	"GET /api/v1/files/{id}/content/{file_name}":  {401, 401, 200, 404, 200},
	"POST /api/v1/files/{id}/rename":              {401, 401, 200, 404, 200},
}

// bodies are what is sent with requests that take something.
var bodies = map[string]string{
	"POST /api/v1/chats/import":                             `{"chats":[{"chat":{}}]}`,
	"PATCH /api/v1/chats/{id}/params":                       `{"temperature":1}`,
	"POST /api/v1/chats/{id}/messages/{message_id}":         `{"content":"x"}`,
	"POST /api/v1/chats/{id}/messages/{message_id}/event":   `{"type":"status","data":{}}`,
	"POST /api/v1/chats/{id}/folder":                        `{"folder_id":null}`,
	"POST /api/v1/chats/{id}/tags":                          `{"name":"x"}`,
	"DELETE /api/v1/chats/{id}/tags":                        `{"name":"x"}`,
	"POST /api/v1/chats/tags":                               `{"name":"x"}`,
	"POST /api/v1/chats/shared/{id}/access/update":          `{"access_grants":[]}`,
	"POST /api/v1/folders/{id}/update":                      `{"meta":{}}`,
	"POST /api/v1/folders/{id}/update/parent":               `{"parent_id":null}`,
	"POST /api/v1/folders/{id}/update/expanded":             `{"is_expanded":true}`,
	"POST /api/v1/folders/{id}/access/update":               `{"access_grants":[]}`,
	"POST /api/v1/auths/signup":                             `{"name":"x","email":"new@example.com","password":"x"}`,
	"POST /api/v1/auths/signin":                             `{"email":"owner@example.com","password":"pw-owner"}`,
	"POST /api/v1/auths/add":                                `{"name":"x","email":"added@example.com","password":"x"}`,
	"POST /api/v1/auths/update/profile":                     `{"name":"x","profile_image_url":"/user.png"}`,
	"POST /api/v1/auths/update/password":                    `{"password":"wrong","new_password":"x"}`,
	"POST /api/v1/auths/admin/config":                       adminConfig,
	"POST /api/v1/auths/admin/config/ldap/server":           `{"label":"x","host":"x","app_dn":"","app_dn_password":"","search_base":"x"}`,
	"POST /api/v1/auths/admin/config/ldap":                  `{"enable_ldap":false}`,
	"POST /api/v1/auths/admin/config/oauth":                 `{}`,
	"POST /api/v1/auths/ldap":                               `{"user":"x","password":"x"}`,
	"POST /api/v1/auths/oauth/{provider}/token/exchange":    `{"token":"x"}`,
	"POST /api/v1/auths/mfa/enroll/start":                   `{"challenge_token":"x"}`,
	"POST /api/v1/auths/mfa/enroll/confirm":                 `{"challenge_token":"x","code":"x"}`,
	"POST /api/v1/auths/mfa/verify":                         `{"challenge_token":"x","code":"x"}`,
	"POST /api/v1/auths/mfa/recover":                        `{"challenge_token":"x","reset_token":"x"}`,
	"POST /api/v1/auths/mfa/replace":                        `{"code":"x"}`,
	"POST /api/v1/auths/mfa/recovery/codes":                 `{"code":"x"}`,
	"POST /api/v1/configs/import":                           `{"config":{"x":1}}`,
	"POST /api/v1/configs/interface/visibility":             `{"visibility":{"x":true}}`,
	"POST /api/v1/configs/connections":                      `{"ENABLE_DIRECT_CONNECTIONS":false,"ENABLE_BASE_MODELS_CACHE":false}`,
	"POST /api/v1/configs/tool_servers":                     `{"TOOL_SERVER_CONNECTIONS":[]}`,
	"POST /api/v1/configs/terminal_servers":                 `{"TERMINAL_SERVER_CONNECTIONS":[]}`,
	"POST /api/v1/configs/models":                           `{"DEFAULT_MODELS":null,"DEFAULT_PINNED_MODELS":null,"MODEL_ORDER_LIST":[]}`,
	"POST /api/v1/configs/suggestions":                      `{"suggestions":[]}`,
	"POST /api/v1/configs/banners":                          `{"banners":[]}`,
	"POST /api/v1/configs/code_execution":                   codeConfig,
	"POST /api/v1/configs/subagents":                        subagents,
	"POST /api/v1/auths/update/timezone":                    `{"timezone":"UTC"}`,
	"POST /api/v1/users/user/settings/update":               `{"ui":{}}`,
	"POST /api/v1/chats/new":                                `{"chat":{}}`,
	"POST /api/v1/chats/{id}":                               `{"chat":{}}`,
	"POST /api/v1/notes/create":                             `{"title":"x"}`,
	"POST /api/v1/users/default/permissions":                `{"workspace": {}, "sharing": {}, "access_grants": {}, "chat": {}, "features": {}, "settings": {}}`,
	"POST /api/v1/users/user/status/update":                 `{"status_message":"x"}`,
	"POST /api/v1/users/user/info/update":                   `{"x":1}`,
	"POST /api/v1/users/user/variables/update":              `{"variables":{"x":"y"}}`,
	"POST /api/v1/users/{user_id}/update":                   `{"name":"x"}`,
	"POST /api/v1/groups/create":                            `{"name":"x","description":""}`,
	"POST /api/v1/groups/id/{id}/update":                    `{"name":"x","description":""}`,
	"POST /api/v1/groups/id/{id}/users/add":                 `{"user_ids":[]}`,
	"POST /api/v1/groups/id/{id}/users/remove":              `{"user_ids":[]}`,
	"POST /api/v1/knowledge/create":                         `{"name":"x","description":""}`,
	"POST /api/v1/knowledge/{id}/update":                    `{"name":"x","description":""}`,
	"POST /api/v1/knowledge/{id}/access/update":             `{"access_grants":[]}`,
	"POST /api/v1/knowledge/{id}/file/add":                  `{"file_id":"{file}"}`,
	"POST /api/v1/knowledge/{id}/files/batch/add":           `[{"file_id":"{file}"}]`,
	"POST /api/v1/knowledge/{id}/file/update":               `{"file_id":"{file}"}`,
	"POST /api/v1/knowledge/{id}/file/remove":               `{"file_id":"{file}"}`,
	"POST /api/v1/knowledge/{id}/file/move":                 `{"file_id":"{file}"}`,
	"POST /api/v1/knowledge/{id}/sync/diff":                 `{"manifest":[]}`,
	"POST /api/v1/knowledge/{id}/sync/cleanup":              `{"file_ids":[]}`,
	"POST /api/v1/knowledge/{id}/dirs/create":               `{"name":"x"}`,
	"POST /api/v1/knowledge/{id}/dirs/{dir_id}/update":      `{"name":"y"}`,
	"POST /api/v1/files/":                                   upload("x.txt", "x"),
	"POST /api/v1/files/{id}/data/content/update":           `{"content":"x"}`,
	"POST /api/v1/files/{id}/rename":                        `{"filename":"x"}`,
	"POST /api/v1/chats/config":                             `{"ENABLE_CONTEXT_COMPACTION":false,"CONTEXT_COMPACTION_PROMPT_TEMPLATE":""}`,
	"POST /api/v1/chats/{id}/compact":                       `{"model":"m"}`,
	"POST /api/v1/chats/{id}/messages/{message_id}/resolve": `{"call_id":"c","action":"approve"}`,
	"POST /api/v1/notes/{id}/update":                        `{"title":"x"}`,
	"POST /api/v1/notes/{id}/access/update":                 `{"access_grants":[]}`,

	"POST /api/v1/knowledge/external/connections":                    connectionBody,
	"PATCH /api/v1/knowledge/external/connections/{id}":              connectionBody,
	"POST /api/v1/knowledge/external/connections/{id}/retrieve-test": `{"query":"x"}`,
	"POST /api/v1/knowledge/external/source/test": `{"connection":` + connectionBody +
		`,"source":{"name":"x"},"query":"x"}`,
	"POST /api/v1/knowledge/external/knowledge/create": `{"name":"x","connection_id":"{connection}","source":` + sourceBody + `}`,
	"POST /api/v1/knowledge/external/source/create": `{"name":"x","connection":` + connectionBody +
		`,"source":{"name":"x"},"test_query":"x"}`,
	"PATCH /api/v1/knowledge/external/source/{id}": `{"name":"x","connection":` + connectionBody +
		`,"source":{"name":"x"},"test_query":"x"}`,
}

// world is an app with somebody of every role.
type world struct {
	*app
	tokens map[string]string
	owner  string // the owner's id
	n      int    // how many things were made
	dir    string // a directory in the last knowledge base
	inside string // a file in it
}

const (
	connectionBody = `{"name":"x","provider":"qdrant","endpoint":"http://localhost:6333","auth_config":{"api_key":"hidden"}}`
	sourceBody     = `{"name":"x","config":{"content_field":"text"}}`
)

// connection adds a vector store elsewhere.
func (w *world) connection() string {
	w.t.Helper()
	var x struct{ ID string }
	w.call("POST", "/api/v1/knowledge/external/connections", connectionBody, w.tokens["admin"]).is(200, "").into(&x)
	return x.ID
}

// knowledge makes a base of the owner with a directory and a file.
func (w *world) knowledge() string {
	w.t.Helper()
	owner, err := w.store.Users.GetByEmail(w.t.Context(), "owner@example.com")
	if err != nil {
		w.t.Fatal(err)
	}
	permitted := store.Who{ID: owner.ID, Role: model.RoleAdmin}
	k, err := w.store.Knowledge.Create(w.t.Context(), permitted, "base", "about", jsonvalue.Null(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	var d struct{ ID string }
	w.call("POST", "/api/v1/knowledge/"+k.ID+"/dirs/create", `{"name":"d"}`, w.tokens["owner"]).is(200, "").into(&d)
	w.dir, w.inside = d.ID, w.file(w.tokens["owner"], "x.txt", "x")
	w.call("POST", "/api/v1/knowledge/"+k.ID+"/file/add", map[string]any{"file_id": w.inside},
		w.tokens["owner"]).is(200, "")
	return k.ID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{app: local(t)}
	w.tokens = map[string]string{"anonymous": "", "admin": w.admin(), "pending": w.user("pending", model.RolePending),
		"owner": w.user("owner", model.RoleUser), "other": w.user("other", model.RoleUser)}
	err := w.store.Config.Set(t.Context(), map[string]jsonvalue.JSON{"auth.enable_api_keys": jsonvalue.Text("true")})
	if err != nil {
		t.Fatal(err)
	}
	u, err := w.store.Users.GetByEmail(t.Context(), "owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	w.owner = u.ID
	return w
}

// made makes a thing of the owner below a path, and returns its id.
func (w *world) made(path string) string {
	w.t.Helper()
	w.n++
	as := "owner"
	post := func(path, body string) string {
		var x struct {
			ID      string
			ShareID string `json:"share_id"`
		}
		w.call("POST", path, body, w.tokens[as]).is(200, "").into(&x)
		if strings.HasSuffix(path, "/share") {
			return x.ShareID
		}
		return x.ID
	}
	chat := func() string {
		id := post("/api/v1/chats/new",
			`{"chat":{"title":"x","history":{"messages":{"m1":{"role":"user","content":"hi","parentId":null,"model":"m","output":[{"type":"function_call","call_id":"c","status":"pending"}]}},"currentId":"m1"}}}`)
		w.call("POST", "/api/v1/chats/"+id+"/tags", `{"name":"x"}`, w.tokens["owner"]).is(200, "")
		return id
	}
	folder := func() string {
		id := post("/api/v1/folders/", fmt.Sprintf(`{"name":"folder %d"}`, w.n))
		w.call("POST", "/api/v1/chats/"+chat()+"/folder", `{"folder_id":"`+id+`"}`, w.tokens["owner"]).is(200, "")
		return id
	}
	group := func() string {
		as = "admin"
		id := post("/api/v1/groups/create", `{"name":"x","description":""}`)
		post("/api/v1/groups/id/"+id+"/users/add", `{"user_ids":["`+w.owner+`"]}`)
		return id
	}
	for _, f := range []struct {
		prefix string
		make   func() string
	}{
		{"/api/v1/chats/folder/", folder},
		{"/api/v1/chats/share/", func() string { return post("/api/v1/chats/"+chat()+"/share", "") }},
		{"/api/v1/chats/{id}/clone/shared", func() string { return post("/api/v1/chats/"+chat()+"/share", "") }},
		{"/api/v1/chats/", chat},
		{"/api/tasks/chat/", chat},
		{"/api/v1/folders/", folder},
		{"/api/v1/notes/", func() string {
			id := post("/api/v1/notes/create", `{"title":"x","data":{"content":{"md":"x"}}}`)
			post("/api/v1/notes/"+id+"/chat", "")
			return id
		}},
		{"/api/v1/groups/", group},
		{"/api/v1/knowledge/external/connections/", w.connection},
		{"/api/v1/knowledge/external/source/", func() string {
			body := `{"name":"x","connection_id":"` + w.connection() + `","source":` + sourceBody + `}`
			var x struct{ ID string }
			w.call("POST", "/api/v1/knowledge/external/knowledge/create", body, w.tokens["admin"]).is(200, "").into(&x)
			return x.ID
		}},
		{"/api/v1/knowledge/", w.knowledge},
		{"/api/v1/files/", func() string { return w.file(w.tokens["owner"], "x.txt", "x") }},
	} {
		if strings.HasPrefix(path, f.prefix) {
			return f.make()
		}
	}
	w.t.Fatalf("the test has nothing to make below %s", path)
	return ""
}

// someone adds a user, and returns their id.
func (w *world) someone(name string) string {
	w.t.Helper()
	id, err := w.store.Users.Add(w.t.Context(), store.Program(),
		store.NewUser{Name: name, Email: name + "@example.com", Password: "pw", Role: model.RoleUser})
	if err != nil {
		w.t.Fatal(err)
	}
	return id.ID
}

// real is a path of the table with ids of things that exist.
func (w *world) real(path string) string {
	w.t.Helper()
	for _, name := range []string{"{id}", "{share_id}", "{chat_id}"} {
		if strings.Contains(path, name) {
			path = strings.ReplaceAll(path, name, w.made(path))
		}
	}
	if strings.HasPrefix(path, "/api/v1/users/{user_id}") { // some of them delete the user, or end the sessions
		w.n++
		path = strings.ReplaceAll(path, "{user_id}", w.someone(fmt.Sprintf("user%d", w.n)))
	}
	path = strings.ReplaceAll(path, "{user_id}", w.owner)
	path = strings.ReplaceAll(path, "{dir_id}", w.dir)
	path = strings.ReplaceAll(path, "{file_name}", "x.txt")
	path = strings.ReplaceAll(path, "{provider}", "x")
	path = strings.ReplaceAll(path, "{namespace}", "ui")
	return strings.ReplaceAll(path, "{message_id}", "m1")
}

// sample is a path and a body with which a route can be tried.
func (w *world) sample(rt string) (to string, body any) {
	w.t.Helper()
	_, path, _ := strings.Cut(rt, " ")
	to = w.real(path)
	if text := bodies[rt]; text != "" {
		text = strings.ReplaceAll(text, "{file}", w.inside)
		if strings.Contains(text, "{connection}") {
			text = strings.ReplaceAll(text, "{connection}", w.connection())
		}
		body = text
	}
	switch rt {
	case "POST /api/v1/folders/":
		body = fmt.Sprintf(`{"name":"%d"}`, w.n)
		w.n++
	case "GET /api/v1/chats/search":
		to += "?text=x"
	case "GET /api/v1/files/search":
		w.file(w.tokens["owner"], "x.txt", "x")
		w.file(w.tokens["other"], "x.txt", "x")
		to += "?filename=*"
	}
	return to, body
}

func TestWhoMayUseWhichRoute(t *testing.T) {
	w := newWorld(t)
	listed := map[string]bool{}
	for _, rt := range w.srv.RouteTable() {
		listed[rt] = true
		want, ok := matrix[rt]
		if !ok {
			t.Errorf("%s is not in the matrix", rt)
			continue
		}
		method, _, _ := strings.Cut(rt, " ")
		for role, status := range map[string]int{"anonymous": want.anonymous, "pending": want.pending, "owner": want.owner,
			"other": want.other, "admin": want.admin} {
			t.Run(fmt.Sprintf("%s as %s", rt, role), func(t *testing.T) {
				to, body := w.sample(rt)
				token := w.tokens[role]
				if rt == "POST /api/v1/auths/signout" && token != "" { // of which only that token is to end
					name := map[string]string{"admin": "ada"}[role] + map[bool]string{true: role}[role != "admin"]
					token = w.token("signin", map[string]any{"email": name + "@example.com", "password": "pw-" + name})
				}
				if got := w.call(method, to, body, token); got.Code != status {
					t.Errorf("status %d, want %d: %.200s", got.Code, status, got.Body)
				}
			})
		}
	}
	for rt := range matrix {
		if !listed[rt] {
			t.Errorf("%s is in the matrix and not served", rt)
		}
	}
}
