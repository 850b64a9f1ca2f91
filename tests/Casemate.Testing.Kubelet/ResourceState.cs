namespace Casemate.Testing.Kubelet;

/// <summary>A resource in the kubelet's device manager. Guarded by the kubelet's lock.</summary>
internal sealed class ResourceState
{
    /// <summary>Healthy devices with their NUMA node.</summary>
    public Dictionary<string, int?> Healthy { get; set; } = [];

    public HashSet<string> Unhealthy { get; set; } = [];

    /// <summary>The plugin; null when none is connected.</summary>
    public PluginClient? Client { get; set; }

    /// <summary>When the plugin was lost; null while it is there.</summary>
    public DateTimeOffset? Stopped { get; set; }

    public int Lists { get; set; }

    public int Registrations { get; set; }

    /// <summary>Why the last stream ended.</summary>
    public Exception? LastEnd { get; set; }

    public int OpenStreams { get; set; }

    public int MostOpenStreams { get; set; }
}
