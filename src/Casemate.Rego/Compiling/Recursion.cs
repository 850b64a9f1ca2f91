namespace Casemate.Rego.Compiling;

/// <summary>Refuses rules that depend on themselves.</summary>
internal static class Recursion
{
    public static void Check(IReadOnlyList<RuleGroup> groups, Action<RegoErrorCode, RegoLocation, string> report)
    {
        var done = new HashSet<RuleGroup>();
        foreach (var start in groups)
        {
            // Depth-first with a stack of its own: policies decide how long a chain is.
            var path = new List<RuleGroup>();
            var onPath = new HashSet<RuleGroup>();
            var waiting = new Stack<(RuleGroup Group, bool Leaving)>();
            waiting.Push((start, false));
            while (waiting.TryPop(out var next))
            {
                if (next.Leaving)
                {
                    path.RemoveAt(path.Count - 1);
                    onPath.Remove(next.Group);
                    done.Add(next.Group);
                    continue;
                }

                if (onPath.Contains(next.Group))
                {
                    var cycle = path.SkipWhile(group => group != next.Group).Append(next.Group).Select(group => group.Path);
                    var first = next.Group.Sources.Count > 0 ? next.Group.Sources[0].Rule : next.Group.DefaultSource!.Value.Rule;
                    report(RegoErrorCode.Recursion, first.At, $"rule {next.Group.Path} is recursive: {string.Join(" -> ", cycle)}");
                    return;
                }

                if (done.Contains(next.Group))
                {
                    continue;
                }

                path.Add(next.Group);
                onPath.Add(next.Group);
                waiting.Push((next.Group, true));
                foreach (var used in next.Group.Uses)
                {
                    waiting.Push((used, false));
                }
            }
        }
    }
}
