namespace Casemate.Node.NodeObject;

/// <summary>The names that the agent puts on its Node. Whatever is not among them belongs to others and is never touched.</summary>
public static class NodeMarks
{
    /// <summary>Under which name the agent writes fields; by it is known afterwards what is the agent's.</summary>
    public const string FieldManager = "casemate-node";

    /// <summary>The taint that keeps pods away until the node is attested; the cluster autoscaler knows its prefix.</summary>
    public const string StartupTaint = "startup-taint.cluster-autoscaler.kubernetes.io/casemate-not-attested";

    /// <summary>The label of a node whose attestation succeeded.</summary>
    public const string AttestedLabel = "casemate.dev/attested";

    /// <summary>When it succeeded.</summary>
    public const string AttestedAtAnnotation = "casemate.dev/attested-at";

    /// <summary>In which start of the machine: after another one the verdict is worth nothing.</summary>
    public const string AttestedBootAnnotation = "casemate.dev/attested-boot";

    /// <summary>The taints that the agent added, so that it never removes somebody else's.</summary>
    public const string TaintsAnnotation = "casemate.dev/taints";

    /// <summary>Condition: enclaves can be started.</summary>
    public const string SgxReady = "SgxReady";

    /// <summary>Condition: quotes can be made.</summary>
    public const string SgxQuoteReady = "SgxQuoteReady";

    /// <summary>Condition: somebody else offers the same EPC, or writes over what is offered.</summary>
    public const string SgxEpcConflict = "SgxEpcConflict";

    /// <summary>Condition: the kernel lost EPC until the machine starts again.</summary>
    public const string SgxEpcLeak = "SgxEpcLeak";

    /// <summary>Condition: the scheduler sees what is offered.</summary>
    public const string EpcAdvertised = "casemate.dev/EPCAdvertised";

    /// <summary>Condition: the node is attested.</summary>
    public const string Attested = "casemate.dev/Attested";

    /// <summary>Condition: pods hold more EPC than there is for them.</summary>
    public const string EpcOvercommitted = "casemate.dev/EPCOvercommitted";

    /// <summary>All conditions of the agent.</summary>
    public static IReadOnlyList<string> Conditions { get; } =
        [SgxReady, SgxQuoteReady, SgxEpcConflict, SgxEpcLeak, EpcAdvertised, EpcOvercommitted, Attested];

    /// <summary>The beginning of labels that are the agent's alone.</summary>
    internal const string OwnPrefix = "casemate.dev/";
}
