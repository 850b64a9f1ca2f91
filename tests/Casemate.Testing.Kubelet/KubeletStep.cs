namespace Casemate.Testing.Kubelet;

/// <summary>Moments at which a test can step in.</summary>
public enum KubeletStep
{
    /// <summary>A registration came; nothing was done yet.</summary>
    RegisterReceived,

    /// <summary>The plugin was called back and gave its options; the registration is not answered yet.</summary>
    OptionsReceived,

    /// <summary>ListAndWatch is about to be called.</summary>
    Listing,

    /// <summary>A list came.</summary>
    Listed,

    /// <summary>Allocate is about to be called.</summary>
    Allocating,

    /// <summary>Allocate was answered; the answer is not kept yet.</summary>
    Allocated,

    /// <summary>NodePrepareResources is about to be called.</summary>
    Preparing,

    /// <summary>NodePrepareResources was answered; the answer is not used yet.</summary>
    Prepared,

    /// <summary>NodeUnprepareResources is about to be called.</summary>
    Unpreparing,

    /// <summary>NodeUnprepareResources was answered.</summary>
    Unprepared,

    /// <summary>The list of pods and what they hold was asked for; it is not answered yet.</summary>
    ListingPods,
}
