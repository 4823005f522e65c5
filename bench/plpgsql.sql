-- The rival that keeps the rules: the action "open" of bench.json, written by hand.
--
-- It reports all broken rules together, as the action does, but leaves a value of the wrong type to
-- PostgreSQL's own error: collecting those too would take it a subtransaction each, and make it
-- slower.  Policies for reading are not part of it; cases/12_create_plpgsql_rls.sql adds them.
CREATE FUNCTION bench_raw.open_ticket(input jsonb, actor jsonb) RETURNS json
LANGUAGE plpgsql AS $function$
DECLARE
    errors jsonb := '[]';
    new_subject text := nullif(btrim(input->>'subject'), '');
    new_body text := nullif(btrim(input->>'body'), '');
    new_priority bigint := input->>'priority';
    new_due_on date := input->>'due_on';
    new_reporter_id uuid := input->>'reporter_id';
    created bench_raw.ticket;
    unknown jsonb := input - ARRAY['subject', 'body', 'priority', 'due_on', 'reporter_id'];
BEGIN
    -- Input: names and constraints.
    IF unknown <> '{}' THEN
        errors := errors || jsonb_build_object('message', 'no such input', 'fields', unknown);
    END IF;
    IF new_subject IS NULL THEN
        errors := errors || jsonb_build_object('field', 'subject', 'message', 'is required');
    ELSIF length(new_subject) > 200 THEN
        errors := errors || jsonb_build_object('field', 'subject',
            'message', 'length must be less than or equal to 200');
    END IF;
    IF new_reporter_id IS NULL THEN
        errors := errors || jsonb_build_object('field', 'reporter_id', 'message', 'is required');
    END IF;

    -- Changes.
    IF NOT input ? 'priority' THEN
        new_priority := 3;
    END IF;

    -- Validations.
    IF length(new_subject) < 3 THEN
        errors := errors || jsonb_build_object('field', 'subject',
            'message', 'must have length of at least 3');
    END IF;
    IF new_subject !~ '^[A-Z]' THEN
        errors := errors || jsonb_build_object('field', 'subject', 'message', 'must match ^[A-Z]');
    END IF;
    IF new_body IS NULL THEN
        errors := errors || jsonb_build_object('field', 'body', 'message', 'must be present');
    END IF;
    IF new_priority NOT BETWEEN 0 AND 5 THEN
        errors := errors || jsonb_build_object('field', 'priority', 'message',
            'must be greater than or equal to 0 and must be less than or equal to 5');
    END IF;
    IF errors <> '[]' THEN
        RAISE EXCEPTION USING errcode = '22023', message = 'invalid input',
            detail = jsonb_build_object('class', 'invalid', 'errors', errors)::text;
    END IF;

    -- Policy.
    IF actor->>'role' IS DISTINCT FROM 'agent' THEN
        RAISE EXCEPTION USING errcode = '42501', message = 'forbidden';
    END IF;

    INSERT INTO bench_raw.ticket
           (id, subject, body, status, priority, due_on, reporter_id, inserted_at, updated_at)
    VALUES (gen_random_uuid(), new_subject, new_body, 'open', new_priority, new_due_on,
            new_reporter_id, clock_timestamp(), clock_timestamp())
    RETURNING * INTO created;
    RETURN row_to_json(created);
END
$function$;
