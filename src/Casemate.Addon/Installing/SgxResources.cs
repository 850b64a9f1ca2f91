using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>The names under which nodes offer EPC and the devices of enclaves.</summary>
internal static class SgxResources
{
    public static IReadOnlyList<string> Names { get; } = [.. ResourceFamily.All.Select(family => family.Name), .. AccessResource.All];

    /// <summary>Those of which a node has more than nothing.</summary>
    /// <param name="node">The Node.</param>
    /// <param name="which"><c>capacity</c> or <c>allocatable</c>.</param>
    public static IReadOnlyList<string> Of(KubeObject node, string which)
    {
        var amounts = node.MapAt("status", which);
        return [.. Names.Where(name => Quantity.TryRead(amounts.GetValueOrDefault(name), out var amount) && amount > 0)];
    }
}
