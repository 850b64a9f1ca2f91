namespace Casemate.Testing.Kubelet;

/// <summary>Where a <see cref="TestKubelet"/> keeps its things, and how patient it is. The defaults are those of the real one.</summary>
public sealed record TestKubeletOptions
{
    /// <summary>The directory of plugin sockets, with <c>kubelet.sock</c> and the checkpoint.</summary>
    public required string Directory { get; init; }

    /// <summary>Path of the pod-resources socket; null: none.</summary>
    public string? PodResourcesSocket { get; init; }

    /// <summary>The directory that is watched for plugins of other kinds (<c>plugins_registry</c>); null: none.</summary>
    public string? PluginRegistry { get; init; }

    /// <summary>The largest message that is taken from a plugin: grpc-go's default.</summary>
    public int MaxMessageBytes { get; init; } = 4_194_304;

    /// <summary>How long calling back within Register may take.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the capacity of a resource whose plugin is gone is kept.</summary>
    public TimeSpan EndpointGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Chooses devices where the plugin has no wish, so that a test sees the same choice again.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The clock of the grace period.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Called before the kubelet does something, with its name; a test can fail or delay it there.</summary>
    public Func<KubeletStep, string, Task> Before { get; init; } = (_, _) => Task.CompletedTask;
}
