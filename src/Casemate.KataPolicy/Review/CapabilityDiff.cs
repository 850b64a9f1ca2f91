namespace Casemate.KataPolicy;

/// <summary>Compares capabilities of two processes: each capability once, with all sets that it is in.</summary>
internal static class CapabilityDiff
{
    private static readonly string[] s_usual = ["bounding", "effective", "permitted"];

    internal static IEnumerable<PolicyChange> Compare(
        string container, (CapabilitiesPolicy Lists, CommonPolicy Common) before, (CapabilitiesPolicy Lists, CommonPolicy Common) after)
    {
        var (old, now) = (Sets(before.Lists, before.Common), Sets(after.Lists, after.Common));
        foreach (var name in old.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (had, has) = (old.GetValueOrDefault(name, []), now.GetValueOrDefault(name, []));
            if (has.Except(had).ToArray() is { Length: > 0 } gained)
            {
                yield return new PolicyChange(container, true, $"would now allow {name}{Where(gained)}");
            }

            if (had.Except(has).ToArray() is { Length: > 0 } lost)
            {
                yield return new PolicyChange(container, false, $"no longer allows {name}{Where(lost)}");
            }
        }
    }

    // The rules take a placeholder for a list only where nothing stands beside it.
    private static IReadOnlyList<string> Expand(IReadOnlyList<string> list, CommonPolicy common) => list switch
    {
        ["$(default_caps)"] => common.DefaultCaps,
        ["$(privileged_caps)"] => common.PrivilegedCaps,
        _ => list,
    };

    private static Dictionary<string, List<string>> Sets(CapabilitiesPolicy lists, CommonPolicy common)
    {
        var sets = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (set, list) in new[]
        {
            ("bounding", lists.Bounding), ("effective", lists.Effective), ("permitted", lists.Permitted),
            ("inheritable", lists.Inheritable), ("ambient", lists.Ambient),
        })
        {
            foreach (var name in Expand(list, common).Select(Name).Distinct(StringComparer.Ordinal))
            {
                (sets.TryGetValue(name, out var found) ? found : sets[name] = []).Add(set);
            }
        }

        return sets;
    }

    private static string Name(string written) =>
        written.StartsWith("CAP_", StringComparison.Ordinal) || written.StartsWith('$') ? written : "CAP_" + written;

    // Runtimes fill three sets alike; only other combinations are worth words.
    private static string Where(string[] sets) => sets.SequenceEqual(s_usual) ? "" : $" ({string.Join(", ", sets)})";
}
