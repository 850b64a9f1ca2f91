namespace Casemate.Node.Metrics;

/// <summary>The phases of a node's start: the values of the label <c>phase</c>.</summary>
internal static class StartupPhase
{
    /// <summary>The agent has looked at the hardware.</summary>
    public const string Ready = "ready";

    /// <summary>The kubelet has every list, or the DRA driver's registration and slices are there.</summary>
    public const string Plugin = "plugin";

    /// <summary>The node is attested.</summary>
    public const string Attested = "attested";

    /// <summary>The startup taint is gone.</summary>
    public const string Untainted = "untainted";
}
