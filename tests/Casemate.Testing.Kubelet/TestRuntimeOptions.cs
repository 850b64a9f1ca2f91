namespace Casemate.Testing.Kubelet;

/// <summary>How a <see cref="TestRuntime"/> behaves.</summary>
public sealed record TestRuntimeOptions
{
    /// <summary>Its NRI socket.</summary>
    public required string Socket { get; init; }

    /// <summary>Its name and version.</summary>
    public string Name { get; init; } = "containerd";

    /// <summary>Its version.</summary>
    public string Version { get; init; } = "v2.1.0";

    /// <summary>How long it waits for an answer before it drops a plugin. containerd: 2 s; here long, for loaded machines.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The same for the creation of containers alone; null: as long.</summary>
    public TimeSpan? CreateTimeout { get; init; }

    /// <summary>The number after the last event that it knows; 13 in NRI 0.6.</summary>
    public int LastEvent { get; init; } = 13;

    /// <summary>Longer requests are refused before they are sent, and the state of the runtime is told in parts then.</summary>
    public int LongestRequest { get; init; } = 4 << 20;
}
