namespace Casemate.Rego.Builtins;

/// <summary>Graphs as objects from nodes to collections of nodes.</summary>
internal static class GraphBuiltins
{
    public static void Register(BuiltinTable table)
    {
        table.Add("graph.reachable", "o", "at", Reachable);
        table.Add("graph.reachable_paths", "o", "at", ReachablePaths);
    }

    private static IEnumerable<RegoValue> Edges(RegoObject graph, RegoValue node) => graph.Lookup(node) switch
    {
        RegoArray array => array,
        RegoSet set => set,
        _ => [],
    };

    private static RegoSet Reachable(BuiltinContext context, RegoValue graph, RegoValue initial)
    {
        var (edges, reached) = ((RegoObject)graph, new HashSet<RegoValue>());
        var waiting = new Queue<RegoValue>(AggregateBuiltins.Items(initial).ToArray());
        while (waiting.TryDequeue(out var node))
        {
            context.Step();
            if (edges.Lookup(node) is null || !reached.Add(node))
            {
                continue;
            }

            foreach (var next in Edges(edges, node))
            {
                context.Step();
                waiting.Enqueue(next);
            }
        }

        return RegoSet.Create(reached);
    }

    private static RegoSet ReachablePaths(BuiltinContext context, RegoValue graph, RegoValue initial)
    {
        var (edges, paths) = ((RegoObject)graph, new HashSet<RegoValue>());
        var waiting = new Stack<RegoArray>();
        foreach (var node in AggregateBuiltins.Items(initial))
        {
            if (edges.Lookup(node) is not null)
            {
                waiting.Push(RegoArray.Own([node]));
            }
        }

        while (waiting.TryPop(out var path))
        {
            context.Step(path.Count);
            context.Charge(40 + (8L * path.Count));
            var before = waiting.Count;
            foreach (var next in Edges(edges, path[^1]))
            {
                context.Step();
                if (edges.Lookup(next) is not null && !path.Items.Contains(next))
                {
                    waiting.Push(RegoArray.Own([.. path.Items, next]));
                }
            }

            if (waiting.Count == before)
            {
                paths.Add(path);
                context.CheckCount(paths.Count);
            }
        }

        return RegoSet.Create(paths);
    }
}
