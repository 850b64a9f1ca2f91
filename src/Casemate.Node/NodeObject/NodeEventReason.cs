namespace Casemate.Node.NodeObject;

/// <summary>The reasons of Events about a Node.</summary>
public static class NodeEventReason
{
    /// <summary>The node was attested.</summary>
    public const string NodeAttested = "NodeAttested";

    /// <summary>The node was not attested.</summary>
    public const string NodeAttestationFailed = "NodeAttestationFailed";

    /// <summary>The node has waited for its attestation for longer than it should.</summary>
    public const string NodeStuck = "NodeStuck";

    /// <summary>The scheduler does not see what is offered.</summary>
    public const string EpcNotAdvertised = "EPCNotAdvertised";

    /// <summary>Pods hold more EPC than there is for them.</summary>
    public const string EpcInsufficient = "EPCInsufficient";

    /// <summary>Somebody else offers the same EPC, or writes over what is offered.</summary>
    public const string SgxEpcConflict = "SgxEpcConflict";
}
