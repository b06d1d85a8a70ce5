#!/usr/bin/env escript
%% Records what OTP's own `supervisor` does in random trees, for `as_otp_does.rs` to compare with:
%%
%%     escript record.escript 300 > recorded.txt
%%
%% Members below the root are never temporary, and members come and go at the root only: a
%% supervisor of OTP that is restarted reads its list of children anew, which has no counterpart
%% where members are added by calls.
-module(record).
-mode(compile).
-export([main/1, init/1, start_worker/1, start_set/1, worker/2]).

main([Count]) ->
    logger:set_primary_config(level, none),
    process_flag(trap_exit, true),
    Release = erlang:system_info(otp_release),
    io:format("# Recorded by record.escript with OTP ~s.~n", [Release]),
    [scenario(Seed) || Seed <- lists:seq(1, list_to_integer(Count))].

scenario(Seed) ->
    rand:seed(exsss, Seed),
    ets:new(told, [named_table, public, ordered_set]),
    ets:new(names, [named_table, public]),
    put(next, 0),
    io:format("scenario ~p~n", [Seed]),
    Root = set("root", none, 1),
    {ok, Pid} = start_set(Root),
    print(""),
    steps(Pid, 14),
    unlink(Pid),
    exit(Pid, shutdown),
    wait_for_end(Pid),
    ets:delete(told),
    ets:delete(names).

%% A random set: {set, Name, Strategy, Intensity, Members}.
set(Name, Parent, Depth) ->
    Strategy = one_of([one_for_one, one_for_all, rest_for_one]),
    Intensity = rand:uniform(4) - 1,
    io:format("set ~s in ~s ~p ~p~n", [Name, Parent, Strategy, Intensity]),
    Members = [member(Name, Depth) || _ <- lists:seq(1, rand:uniform(4))],
    {set, Name, Strategy, Intensity, Members}.

member(Parent, Depth) ->
    case Depth < 3 andalso rand:uniform(3) =:= 1 of
        true -> set(name(), Parent, Depth + 1);
        false -> worker_of(Parent)
    end.

worker_of(Parent) ->
    Restart = case Parent of
        "root" -> one_of([permanent, permanent, transient, temporary]);
        _ -> one_of([permanent, permanent, transient])
    end,
    Name = name(),
    io:format("member ~s in ~s ~p~n", [Name, Parent, Restart]),
    {worker, Name, Restart}.

name() ->
    put(next, get(next) + 1),
    "m" ++ integer_to_list(get(next)).

steps(_, 0) -> ok;
steps(Root, Left) ->
    case is_process_alive(Root) of
        true ->
            step(Root, rand:uniform(12)),
            done(Root),
            steps(Root, Left - 1);
        false -> ok
    end.

step(Root, Kind) when Kind =< 6 -> tell(Root, fail);
step(Root, Kind) when Kind =< 8 -> tell(Root, finish);
step(Root, 9) -> call(Root, terminate_child, stop);
step(Root, 10) -> call(Root, restart_child, start);
step(Root, 11) ->
    case [Name || {Name, _, _, _} <- supervisor:which_children(Root)] of
        [] -> ok;
        Names ->
            Name = one_of(lists:sort(Names)),
            io:format("remove ~s~n", [Name]),
            supervisor:terminate_child(Root, Name),
            supervisor:delete_child(Root, Name)
    end;
step(Root, 12) ->
    Member = worker_of("root"),
    {ok, _} = supervisor:start_child(Root, spec(Member)).

%% Has a running worker end by itself.
tell(Root, How) ->
    case [Worker || {_, _, Pid, worker} = Worker <- everything(Root), is_pid(Pid)] of
        [] -> ok;
        Workers ->
            {_, Name, Pid, _} = one_of(Workers),
            io:format("~p ~s~n", [How, Name]),
            Pid ! How,
            wait_for_end(Pid)
    end.

call(Root, Function, Word) ->
    case everything(Root) of
        [] -> ok;
        Members ->
            {Set, Name, _, _} = one_of(Members),
            io:format("~p ~s~n", [Word, Name]),
            supervisor:Function(Set, Name)
    end.

%% All members of running sets, sorted by name: {the set's process, name, process, kind}.
everything(Set) ->
    lists:keysort(2, lists:flatmap(fun({Name, Pid, Kind, _}) ->
        Below = case Kind of
            supervisor when is_pid(Pid) -> everything(Pid);
            _ -> []
        end,
        [{Set, Name, Pid, Kind} | Below]
    end, supervisor:which_children(Set))).

%% Waits until nobody has anything left to do, and prints what was done: `+` started, `-` stopped.
done(Root) ->
    [settle(Root) || _ <- lists:seq(1, 4)],
    print(case is_process_alive(Root) of true -> ""; false -> " gave up" end).

print(End) ->
    Told = [[" ", What, Name] || {_, What, Name} <- ets:tab2list(told)],
    io:format("=~s~s~n", [Told, End]),
    ets:delete_all_objects(told).

settle(Root) ->
    timer:sleep(2),
    try everything(Root) catch _:_ -> ok end.

wait_for_end(Pid) ->
    Monitor = monitor(process, Pid),
    receive {'DOWN', Monitor, process, Pid, _} -> ok end.

one_of(List) -> lists:nth(rand:uniform(length(List)), List).

%% What runs inside of OTP.

init({set, _, Strategy, Intensity, Members}) ->
    Flags = #{strategy => Strategy, intensity => Intensity, period => 3600},
    {ok, {Flags, [spec(Member) || Member <- Members]}}.

spec({worker, Name, Restart}) ->
    #{id => Name, start => {?MODULE, start_worker, [Name]}, restart => Restart};
spec({set, Name, _, _, _} = Set) ->
    #{id => Name, start => {?MODULE, start_set, [Set]}, type => supervisor}.

start_set(Set) -> supervisor:start_link(?MODULE, Set).

start_worker(Name) -> proc_lib:start_link(?MODULE, worker, [Name, self()]).

worker(Name, Set) ->
    process_flag(trap_exit, true),
    told($+, Name),
    proc_lib:init_ack({ok, self()}),
    receive
        fail -> exit(failed);
        finish -> exit(normal);
        {'EXIT', Set, shutdown} -> told($-, Name), exit(shutdown)
    end.

told(What, Name) ->
    ets:insert(told, {erlang:unique_integer([monotonic]), What, Name}).
