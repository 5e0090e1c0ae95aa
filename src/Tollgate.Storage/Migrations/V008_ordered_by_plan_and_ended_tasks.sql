-- Moving the subscriptions of a plan, and counting what a publish would move, go through them in the order of seq.
CREATE INDEX subscriptions_by_plan_in_order ON subscriptions (environment_id, plan_id, seq);

-- Tasks that ended long ago are swept by the instant of their end.
CREATE INDEX tasks_ended ON tasks (environment_id, finished_at) WHERE finished_at IS NOT NULL;
