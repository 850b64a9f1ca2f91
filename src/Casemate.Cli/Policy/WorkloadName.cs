using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Pods;

namespace Casemate.Cli.Policy;

/// <summary>A workload of a file, as <c>--workload</c> chooses it and messages name it.</summary>
/// <param name="Namespace">The namespace that its document names; null for none.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name, or what its names begin with.</param>
internal sealed record WorkloadName(string? Namespace, string Kind, string Name)
{
    private const string Unnamed = "default";

    /// <summary>The name of a workload that was read.</summary>
    public static WorkloadName Of(Workload workload) =>
        new(workload.Namespace, workload.Kind, workload.Name ?? workload.GenerateName ?? "");

    /// <summary>The name of the workload that carries a policy; null where none does.</summary>
    public static WorkloadName? Of(CarriedPolicy policy) =>
        policy.Workload?.Split('/') is [var kind, var name] ? new WorkloadName(policy.Namespace, kind, name) : null;

    /// <summary>Whether <c>NAME</c>, <c>KIND/NAME</c> or <c>NAMESPACE/KIND/NAME</c> means this one.</summary>
    public bool IsMeant(string wanted) => wanted.Split('/') switch
    {
        [var one] => one == Name,
        [var first, var last] => first.Equals(Kind, StringComparison.OrdinalIgnoreCase) && last == Name,
        [var space, var first, var last] =>
            space == (Namespace ?? Unnamed) && first.Equals(Kind, StringComparison.OrdinalIgnoreCase) && last == Name,
        _ => false,
    };

    /// <summary>All of them for a message, each once; with namespaces where they are needed to tell them apart.</summary>
    public static string List(IEnumerable<WorkloadName> names, bool withNamespace = false)
    {
        var all = names.Distinct().ToList();
        withNamespace |= all.Select(name => (name.Kind, name.Name)).Distinct().Count() < all.Count;
        return string.Join(
            ", ", all.Select(name => withNamespace ? $"{name.Namespace ?? Unnamed}/{name.Kind}/{name.Name}" : $"{name.Kind}/{name.Name}"));
    }
}
