using System.Collections.Immutable;
using Casemate.Admission;
using Casemate.Cli.Node;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;

namespace Casemate.Cli.Webhook;

/// <summary>What a described machine would offer as a node, for explanations without a cluster.</summary>
internal static class SampleNode
{
    /// <summary>The offer of a machine with the default settings of the node agent.</summary>
    /// <exception cref="CliException">There is no such machine.</exception>
    public static NodeOffer Of(string machine)
    {
        var plan = AdvertisementPlan.Make(
            new HardwareScanner(NodeArguments.Load(machine).Sources).Scan(), new AdvertisementSettings());
        return new NodeOffer
        {
            Name = machine,
            Labels = plan.Labels.ToImmutableDictionary(label => label.Key, label => label.Value),
            Taints = [.. plan.Taints.Select(taint => new NodeTaint(taint.Key, taint.Value, taint.Effect))],
            Family = plan.Family,
            EpcBytes = plan.Resources.Where(resource => resource.Name == plan.Family?.Name).Sum(resource => resource.Bytes),
            Access = [.. AccessResource.All.Where(name => plan.Resources.Any(resource => resource.Name == name && resource.Count > 0))],
        };
    }
}
