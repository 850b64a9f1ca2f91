namespace Casemate.Quoting.Service;

/// <summary>How a peer's pod was found.</summary>
public enum PeerIdentification
{
    /// <summary>Not at all: the kernel's credential is all that is known.</summary>
    Unknown = 0,

    /// <summary>By the control group of its process.</summary>
    ControlGroup,

    /// <summary>By the socket, which belongs to one allocation of a device.</summary>
    Allocation,
}
