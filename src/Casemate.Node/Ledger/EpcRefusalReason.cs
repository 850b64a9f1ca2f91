namespace Casemate.Node.Ledger;

/// <summary>The kinds of refusals of the ledger.</summary>
public enum EpcRefusalReason
{
    /// <summary>More than the node, or the NUMA node asked for, has in all.</summary>
    TooLarge = 0,

    /// <summary>It would fit, but others hold too much.</summary>
    Exhausted,

    /// <summary>The NUMA node asked for has no EPC.</summary>
    UnknownBank,

    /// <summary>A negative amount, or a sum beyond what a number can hold.</summary>
    InvalidAmount,

    /// <summary>The ledger was not yet rebuilt from what runs on the node.</summary>
    NotReady,
}
