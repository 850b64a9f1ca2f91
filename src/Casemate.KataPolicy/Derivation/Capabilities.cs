using Casemate.KataPolicy.Layers;

namespace Casemate.KataPolicy.Derivation;

/// <summary>Derives the capabilities of a container's process. Source: containerd, CRI server, "setOCICapabilities".</summary>
internal static class Capabilities
{
    private const string All = "ALL";

    public static CapabilitiesPolicy Of(ContainerSubject subject)
    {
        var common = subject.Profile.Common;
        if (subject.IsPrivileged)
        {
            // Adding and dropping has no effect then.
            return Three(["$(privileged_caps)"]);
        }

        var context = subject.Spec?.SecurityContext;
        var drop = (context?.DropCapabilities ?? []).Select(Name).ToHashSet(StringComparer.Ordinal);
        var add = (context?.AddCapabilities ?? []).Select(Name).ToArray();
        var set = new List<string>(common.DefaultCaps);
        if (add.Contains(All))
        {
            set = [.. common.PrivilegedCaps];
        }

        if (drop.Contains(All))
        {
            set = [];
        }

        set.AddRange(add.Where(name => name != All && !set.Contains(name)).Distinct(StringComparer.Ordinal));
        _ = set.RemoveAll(name => name != All && drop.Contains(name));
        foreach (var name in add.Where(name => name != All && !common.PrivilegedCaps.Contains(name)))
        {
            subject.Error(
                $"{context!.Path}.capabilities.add", $"'{Shown.Of(name)}' is not a capability",
                "Write a name of capabilities(7), such as NET_ADMIN");
        }

        return Three(
            Same(set, common.DefaultCaps) ? ["$(default_caps)"] : Same(set, common.PrivilegedCaps) ? ["$(privileged_caps)"] : [.. set]);
    }

    private static CapabilitiesPolicy Three(string[] set) => new() { Bounding = set, Effective = set, Permitted = set };

    private static string Name(string written)
    {
        var upper = written.ToUpperInvariant();
        return upper == All || upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper;
    }

    private static bool Same(List<string> set, IReadOnlyList<string> other) =>
        set.Count > 0 && set.ToHashSet(StringComparer.Ordinal).SetEquals(other);
}
