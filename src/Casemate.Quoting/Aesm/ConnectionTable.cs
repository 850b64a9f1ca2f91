namespace Casemate.Quoting.Aesm;

/// <summary>
/// All connections of a server and the limits on them. Where a limit is reached, the connection of the same scope that has been idle
/// longest gives way, or else the one whose peer has been slowest with its bytes, so that peers who hold connections open lock nobody
/// out. If all of them work, the new one is refused, unless a pod holds more than its share of the whole table: then one of its own gives
/// way, so that no number of greedy pods keeps another pod's first request out.
/// </summary>
internal sealed class ConnectionTable(AesmServerOptions options)
{
    private readonly Lock _lock = new();
    private readonly HashSet<AesmConnection> _all = [];
    private readonly LinkedList<AesmConnection> _idle = [];                // longest idle first
    private readonly LinkedList<AesmConnection> _slow = [];                // within a request or an answer; the longest first
    private readonly Dictionary<(string Endpoint, uint User), int> _perUser = [];
    private readonly Dictionary<string, int> _perPod = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Endpoint, int Process), int> _perProcess = [];
    private TaskCompletionSource? _empty;
    private bool _closed;

    /// <summary>Connections now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _all.Count;
            }
        }
    }

    /// <summary>Takes a connection in, as one that is idle.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="evicted">One that gave way and is to be aborted; it is no longer counted.</param>
    /// <returns>Null, or the name of the limit that keeps it out.</returns>
    public string? Add(AesmConnection connection, out AesmConnection? evicted)
    {
        evicted = null;
        lock (_lock)
        {
            if (_closed)
            {
                return "stopped";
            }

            var credential = connection.Credential;
            string? limit = null;
            Func<AesmConnection, bool>? scope = null;
            if (credential.ProcessId > 0
                && _perProcess.GetValueOrDefault(ProcessOf(connection)) >= options.MaximumConnectionsPerProcess)
            {
                limit = nameof(options.MaximumConnectionsPerProcess);
                scope = other => ProcessOf(other) == ProcessOf(connection);
            }
            else if (_perUser.GetValueOrDefault(UserOf(connection)) >= options.MaximumConnectionsPerUser)
            {
                limit = nameof(options.MaximumConnectionsPerUser);
                scope = other => other.Pod is null && UserOf(other) == UserOf(connection);
            }
            else if (_all.Count >= options.MaximumConnections)
            {
                limit = nameof(options.MaximumConnections);
                scope = _ => true;
            }

            if (scope is not null)
            {
                evicted = _idle.FirstOrDefault(scope) ?? _slow.FirstOrDefault(scope)
                    ?? (limit == nameof(options.MaximumConnections) ? FindOverShare() : null);
                if (evicted is null)
                {
                    return limit;
                }

                RemoveLocked(evicted);
            }

            _all.Add(connection);
            Change(_perUser, UserOf(connection), +1);
            Change(_perProcess, ProcessOf(connection), +1);
            connection.WaitNode = _idle.AddLast(connection);
            return null;
        }
    }

    /// <summary>
    /// The pod of a connection is known: from now on it counts against the pod's limit and no longer against its user's, because the
    /// pods of a node share their users, most often root.
    /// </summary>
    /// <param name="connection">The connection, which works.</param>
    /// <param name="pod">UID of the pod.</param>
    /// <param name="evicted">One of the same pod that gave way and is to be aborted.</param>
    /// <returns>False when the pod has its limit of connections, and all of them work.</returns>
    public bool TryAssign(AesmConnection connection, string pod, out AesmConnection? evicted)
    {
        evicted = null;
        lock (_lock)
        {
            if (!_all.Contains(connection))
            {
                return true;                                               // it gave way a moment ago and ends by itself
            }

            if (_perPod.GetValueOrDefault(pod) >= options.MaximumConnectionsPerPod)
            {
                bool OfPod(AesmConnection other) => other.Pod == pod;
                evicted = _idle.FirstOrDefault(OfPod) ?? _slow.FirstOrDefault(OfPod);
                if (evicted is null)
                {
                    return false;
                }

                RemoveLocked(evicted);
            }

            Change(_perUser, UserOf(connection), -1);
            Change(_perPod, pod, +1);
            connection.Pod = pod;
            return true;
        }
    }

    /// <summary>The connection waits for a request.</summary>
    public void MarkIdle(AesmConnection connection)
    {
        lock (_lock)
        {
            Link(connection, _idle);
        }
    }

    /// <summary>
    /// The connection waits within a request, or within an answer, for its peer. How often the peer sends a byte changes nothing.
    /// </summary>
    public void MarkSlow(AesmConnection connection)
    {
        lock (_lock)
        {
            Link(connection, _slow);
        }
    }

    /// <summary>The connection has a request on its way.</summary>
    public void MarkBusy(AesmConnection connection)
    {
        lock (_lock)
        {
            Unlink(connection);
        }
    }

    /// <summary>The connection has ended. May be called for one that is not, or no longer, in the table.</summary>
    public void Remove(AesmConnection connection)
    {
        lock (_lock)
        {
            RemoveLocked(connection);
        }
    }

    /// <summary>A copy of what is in the table.</summary>
    public AesmConnection[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _all];
        }
    }

    /// <summary>Takes nothing in any more; the idle connections, to be aborted, and a task that ends when the table is empty.</summary>
    public (AesmConnection[] Idle, Task Empty) Close()
    {
        lock (_lock)
        {
            _closed = true;
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_all.Count == 0)
            {
                _empty.TrySetResult();
            }

            return ([.. _idle], _empty.Task);
        }
    }

    private static (string Endpoint, uint User) UserOf(AesmConnection connection) => (connection.Endpoint, connection.Credential.UserId);

    private static (string Endpoint, int Process) ProcessOf(AesmConnection connection) =>
        (connection.Endpoint, connection.Credential.ProcessId);

    private static void Change<T>(Dictionary<T, int> counts, T key, int change)
        where T : notnull
    {
        var count = counts.GetValueOrDefault(key) + change;
        if (count == 0)
        {
            counts.Remove(key);
        }
        else
        {
            counts[key] = count;
        }
    }

    private void RemoveLocked(AesmConnection connection)
    {
        if (_all.Remove(connection))
        {
            if (connection.Pod is { } pod)
            {
                Change(_perPod, pod, -1);
            }
            else
            {
                Change(_perUser, UserOf(connection), -1);
            }

            Change(_perProcess, ProcessOf(connection), -1);
            Unlink(connection);
            if (_all.Count == 0)
            {
                _empty?.TrySetResult();
            }
        }
    }

    // All connections work. The share is what each pod would have if one more came.
    private AesmConnection? FindOverShare()
    {
        if (_perPod.Count == 0)
        {
            return null;
        }

        var share = options.MaximumConnections / (_perPod.Count + 1);
        var (greediest, held) = _perPod.MaxBy(pod => pod.Value);
        return held > Math.Max(share, 1) ? _all.FirstOrDefault(c => c.Pod == greediest) : null;
    }

    // Whoever is in the list already keeps the place.
    private void Link(AesmConnection connection, LinkedList<AesmConnection> list)
    {
        if (connection.WaitNode?.List != list && _all.Contains(connection))
        {
            Unlink(connection);
            connection.WaitNode = list.AddLast(connection);
        }
    }

    private static void Unlink(AesmConnection connection)
    {
        if (connection.WaitNode is { } node)
        {
            node.List!.Remove(node);
            connection.WaitNode = null;
        }
    }
}
