using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Cli.Doctor;

/// <summary>What of a Node matters here. Fields of other types than they should have count as missing.</summary>
internal sealed class SeenNode
{
    /// <summary>Reads a Node.</summary>
    public SeenNode(KubeObject node)
    {
        Name = node.Name;
        Labels = node.Labels;
        Capacity = node.MapAt("status", "capacity");
        Allocatable = node.MapAt("status", "allocatable");
        Taints = [.. node.ListAt("spec", "taints").Select(taint => (JsonText.Of(taint, "key"), JsonText.Of(taint, "value"), JsonText.Of(taint, "effect")))];
        Conditions = node.ListAt("status", "conditions").Select(one => new KindCondition
        {
            Type = JsonText.Of(one, "type"),
            Status = JsonText.Of(one, "status"),
            Reason = JsonText.Of(one, "reason"),
            Message = JsonText.Of(one, "message"),
        }).DistinctBy(one => one.Type).ToDictionary(one => one.Type, StringComparer.Ordinal);
        IsUnschedulable = node.At("spec", "unschedulable") is { ValueKind: System.Text.Json.JsonValueKind.True };
    }

    public string Name { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    public IReadOnlyDictionary<string, string> Capacity { get; }

    public IReadOnlyDictionary<string, string> Allocatable { get; }

    public IReadOnlyList<(string Key, string Value, string Effect)> Taints { get; }

    public IReadOnlyDictionary<string, KindCondition> Conditions { get; }

    public bool IsUnschedulable { get; }

    public bool IsReady => Conditions.GetValueOrDefault("Ready")?.Status == "True";

    /// <summary>Whether it offers SGX, is said to have it, or an agent looks after it.</summary>
    public bool HasTee => Families.Any() || AccessResource.All.Any(name => Amount(Capacity, name) > 0)
        || Labels.ContainsKey("tee") || Labels.GetValueOrDefault("sgx.intel.com/capable") == "true"
        || NodeMarks.Conditions.Any(Conditions.ContainsKey);

    /// <summary>The names of EPC in its capacity, with what is allocatable of them.</summary>
    public IEnumerable<(ResourceFamily Family, long Capacity, long Allocatable)> Families => ResourceFamily.All
        .Where(family => Capacity.ContainsKey(family.Name))
        .Select(family => (family, Amount(Capacity, family.Name), Amount(Allocatable, family.Name)));

    /// <summary>Its allocatable EPC in bytes, whatever its name.</summary>
    public long EpcBytes => Families.Select(one => one.Family.TryToBytes(one.Allocatable, out var bytes) ? bytes : 0).DefaultIfEmpty(0).Max();

    /// <summary>An amount; 0 when it is not there or is none.</summary>
    public static long Amount(IReadOnlyDictionary<string, string> amounts, string name) =>
        Quantity.TryReadWhole(amounts.GetValueOrDefault(name), out var amount) && amount > 0 ? amount : 0;
}
