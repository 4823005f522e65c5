\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(15);

-- Can a schema in the manner of Chinook be adopted: mixed-case names, self-references, a join table, numeric and varchar lengths?

CREATE SCHEMA "Chinook";
CREATE TABLE "Chinook"."Artist" ("ArtistId" int NOT NULL, "Name" varchar(120), CONSTRAINT "PK_Artist" PRIMARY KEY ("ArtistId"));
CREATE TABLE "Chinook"."Album" ("AlbumId" int NOT NULL, "Title" varchar(160) NOT NULL, "ArtistId" int NOT NULL, CONSTRAINT "PK_Album" PRIMARY KEY ("AlbumId"));
CREATE TABLE "Chinook"."Employee" ("EmployeeId" int NOT NULL, "LastName" varchar(20) NOT NULL, "ReportsTo" int, "BirthDate" timestamp,
	CONSTRAINT "PK_Employee" PRIMARY KEY ("EmployeeId"));
CREATE TABLE "Chinook"."Track" ("TrackId" int NOT NULL, "Name" varchar(200) NOT NULL, "AlbumId" int, "Milliseconds" int NOT NULL, "Bytes" int,
	"UnitPrice" numeric(10, 2) NOT NULL, CONSTRAINT "PK_Track" PRIMARY KEY ("TrackId"));
CREATE TABLE "Chinook"."Playlist" ("PlaylistId" int NOT NULL, "Name" varchar(120), CONSTRAINT "PK_Playlist" PRIMARY KEY ("PlaylistId"));
CREATE TABLE "Chinook"."PlaylistTrack" ("PlaylistId" int NOT NULL, "TrackId" int NOT NULL, CONSTRAINT "PK_PlaylistTrack" PRIMARY KEY ("PlaylistId", "TrackId"));
ALTER TABLE "Chinook"."Album" ADD CONSTRAINT "FK_AlbumArtistId" FOREIGN KEY ("ArtistId") REFERENCES "Chinook"."Artist" ("ArtistId") ON DELETE NO ACTION ON UPDATE NO ACTION;
CREATE INDEX "IFK_AlbumArtistId" ON "Chinook"."Album" ("ArtistId");
ALTER TABLE "Chinook"."Employee" ADD CONSTRAINT "FK_EmployeeReportsTo" FOREIGN KEY ("ReportsTo") REFERENCES "Chinook"."Employee" ("EmployeeId");
ALTER TABLE "Chinook"."Track" ADD CONSTRAINT "FK_TrackAlbumId" FOREIGN KEY ("AlbumId") REFERENCES "Chinook"."Album" ("AlbumId") DEFERRABLE;
ALTER TABLE "Chinook"."PlaylistTrack" ADD CONSTRAINT "FK_PlaylistTrackPlaylistId" FOREIGN KEY ("PlaylistId") REFERENCES "Chinook"."Playlist" ("PlaylistId") ON DELETE CASCADE;
ALTER TABLE "Chinook"."PlaylistTrack" ADD CONSTRAINT "FK_PlaylistTrackTrackId" FOREIGN KEY ("TrackId") REFERENCES "Chinook"."Track" ("TrackId");

SELECT ash_introspect('Chinook') AS doc \gset
SELECT lives_ok(format('SELECT ash_define(%L)', :'doc'), 'the document is a definition');
SELECT is_empty($$SELECT operation, sql FROM ash_plan('Chinook')$$, 'there is nothing to plan');
SELECT is_empty($$SELECT operation, sql FROM ash_migrate('Chinook')$$, 'nor to migrate');
SELECT is(ash_introspect('Chinook')::text, :'doc', 'the description stays the same');

SELECT lives_ok($$SELECT ash_create('Chinook.Artist', '{"ArtistId": 1, "Name": "AC/DC"}')$$, 'creating');
SELECT lives_ok($$SELECT ash_create('Chinook.Album', '{"AlbumId": 1, "Title": "Rock", "ArtistId": 1}')$$, 'with a reference');
SELECT lives_ok($$SELECT ash_create('Chinook.Track', '{"TrackId": 1, "Name": "One", "AlbumId": 1, "Milliseconds": 5, "UnitPrice": "0.99"}')$$, 'with a price');
SELECT lives_ok($$SELECT ash_create('Chinook.Playlist', '{"PlaylistId": 1, "Name": "Mine"}'), ash_create('Chinook.PlaylistTrack', '{"PlaylistId": 1, "TrackId": 1}')$$, 'with a key of two columns');
SELECT lives_ok($$SELECT ash_create('Chinook.Employee', '{"EmployeeId": 1, "LastName": "Adams"}'), ash_create('Chinook.Employee', '{"EmployeeId": 2, "LastName": "Edwards", "ReportsTo": 1}')$$, 'with a reference to itself');
SELECT is(ash_get('Chinook.PlaylistTrack', '{"PlaylistId": 1, "TrackId": 1}')::jsonb - '{PlaylistId,TrackId}'::text[], '{}', 'getting by a key of two columns');
SELECT is((SELECT ash_read('Chinook.Employee', jsonb_build_object('filter', '{"EmployeeId": 2}'::jsonb, 'load', jsonb_build_array(name)))::jsonb #>> ARRAY['0', name, 'LastName']
	FROM ash.relationship WHERE resource = 'Chinook.Employee'), 'Adams', 'loading along the reference to itself');
SELECT is(ash_update('Chinook.Track', '{"TrackId": 1}', '{"Name": "Two", "Bytes": 7}')::jsonb ->> 'Name', 'Two', 'updating');
SELECT matches(pg_temp.errors($$SELECT ash_create('Chinook.Album', '{"AlbumId": 2, "Title": "None", "ArtistId": 9}')$$), '^\w{5} invalid', 'a reference to nothing is an error of the input');
SELECT matches(pg_temp.errors($$SELECT ash_create('Chinook.Employee', '{"EmployeeId": 3, "LastName": "abcdefghijklmnopqrstuvwxyz"}')$$), '^22\w{3}', 'so is a string that is too long');
SELECT lives_ok($$SELECT ash_destroy('Chinook.Playlist', '{"PlaylistId": 1}')$$, 'destroying, with what the table does about it');

SELECT * FROM finish();
ROLLBACK;
