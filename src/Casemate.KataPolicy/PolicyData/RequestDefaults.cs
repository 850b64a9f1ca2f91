namespace Casemate.KataPolicy;

/// <summary>Requests that are allowed only as far as they are written down. The defaults allow what a pod needs to start.</summary>
public sealed record RequestDefaults
{
    /// <summary>More that containers may have.</summary>
    public CreateContainerDefaults CreateContainer { get; init; } = new();

    /// <summary>Patterns of paths that may be copied into the guest, <c>$(sfprefix)</c> for files of ConfigMaps and the like.</summary>
    public IReadOnlyList<string> CopyFile { get; init; } = ["$(sfprefix)"];

    /// <summary>Commands that may be run in a container, beyond those of probes and hooks.</summary>
    public ExecProcessDefaults ExecProcess { get; init; } = new();

    /// <summary>Bounds on network interfaces.</summary>
    public UpdateInterfaceDefaults UpdateInterface { get; init; } = new();

    /// <summary>Bounds on routes.</summary>
    public UpdateRoutesDefaults UpdateRoutes { get; init; } = new();

    /// <summary>Bounds on neighbours.</summary>
    public AddArpNeighborsDefaults AddArpNeighbors { get; init; } = new();

    /// <summary>Whether the host may close the standard input of a process.</summary>
    public bool CloseStdin { get; init; }

    /// <summary>Whether the host may read what processes write: logs, and the output of exec.</summary>
    public bool ReadStream { get; init; }

    /// <summary>Whether the host may write to the standard input of a process.</summary>
    public bool WriteStream { get; init; }

    /// <summary>Whether the host may change the size of volumes in memory.</summary>
    public bool UpdateEphemeralMounts { get; init; }

    /// <summary>Whether the host may ask for diagnostics.</summary>
    public bool GetDiagnosticData { get; init; }
}
