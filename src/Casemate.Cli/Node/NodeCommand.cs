using Casemate.Cli.Commands;
using Casemate.Cli.Serve;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;

namespace Casemate.Cli.Node;

/// <summary><c>casemate node</c>: offers the trusted hardware of a node to Kubernetes, until it is told to stop.</summary>
internal sealed class NodeCommand : ServiceCommand
{
    private static readonly OptionFlags s_flags = new(
        ("SetAesmAddress", NodeSettings.SetAesmAddress),
        (nameof(AdvertisementSettings.DcapInfrastructure), NodeSettings.DcapInfrastructure),
        (nameof(DevicePluginSettings.CdiDirectory), NodeSettings.CdiDirectory),
        ("AesmAllocations", NodeSettings.AesmAllocations),
        ("RescanInterval", NodeSettings.RescanSeconds),
        ("NodeName", NodeSettings.NodeName),
        ("Attestation", NodeSettings.AttestationUrl),
        ("StandIn", NodeSettings.StandIn),
        ("Health", NodeSettings.Http));

    public NodeCommand()
        : base(
            "node", "Offer the trusted hardware of this node to Kubernetes: the node agent.", NodeSettings.Serve, s_flags,
            new CommandExample("On a node", "casemate node"),
            new CommandExample("With sockets for quotes", "casemate node --aesm-allocations /var/run/casemate/aesm --epc-reserve-mib 16"),
            new CommandExample("Closed to pods until it is attested", "casemate node --attestation-url https://casemate.example:8443"),
            new CommandExample("As if the machine were another", "casemate node --simulate dc48s_v3"),
            new CommandExample("What this machine has, and what would be offered of it", "casemate node describe"),
            new CommandExample("What the agent that runs here says of itself", "casemate node describe --running"))
    {
        Add(new NodeDescribeCommand());
        Add(new NodeMachinesCommand());
        Add(new NodeRemoveCommand());
    }

    protected override Task ServeAsync(ServiceRun run) =>
        run.UntilStoppedAsync(NodeArguments.ReadService(run.Context), NodeService.StartAsync);
}
