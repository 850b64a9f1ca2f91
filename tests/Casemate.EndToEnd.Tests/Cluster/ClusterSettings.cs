namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>
/// The cluster that the suite runs in, by environment: <c>CASEMATE_E2E_KUBECONFIG</c> names it, <c>CASEMATE_E2E_IMAGE</c> is the image
/// of the program, <c>CASEMATE_E2E_NEXT_IMAGE</c> another one of it, for upgrades, and <c>CASEMATE_E2E_HARDWARE=real</c> uses the node's own
/// hardware in place of described machines.
/// </summary>
internal sealed record ClusterSettings
{
    /// <summary>The image of the program; it is the node agent, and the pods that ask for EPC run it as well.</summary>
    public required string Image { get; init; }

    /// <summary>Another image of the program, to upgrade to; null: none is named.</summary>
    public string? NextImage { get; init; }

    /// <summary>The file that leads to the cluster, for the program.</summary>
    public required string Kubeconfig { get; init; }

    /// <summary>True: the node's own hardware; false: described machines, which run on every node.</summary>
    public bool RealHardware { get; init; }

    /// <summary>How long anything may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often it is looked.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Reads the settings.</summary>
    /// <param name="variable">The environment.</param>
    /// <param name="kubeconfig">The file that leads to the cluster; null when there is none.</param>
    /// <param name="settings">The settings; null when there are none.</param>
    /// <returns>Why the suite does not run; null when it does.</returns>
    public static string? Read(Func<string, string?> variable, out string? kubeconfig, out ClusterSettings? settings)
    {
        (kubeconfig, settings) = (variable("CASEMATE_E2E_KUBECONFIG"), null);
        if (string.IsNullOrEmpty(kubeconfig))
        {
            return "no cluster is named: set CASEMATE_E2E_KUBECONFIG to a kubeconfig file of one that the suite may write to";
        }

        if (!File.Exists(kubeconfig))
        {
            return $"CASEMATE_E2E_KUBECONFIG names {kubeconfig}, which is not there";
        }

        if (variable("CASEMATE_E2E_IMAGE") is not { Length: > 0 } image)
        {
            return "no image is named: set CASEMATE_E2E_IMAGE to an image of this program that the cluster's nodes can pull";
        }

        var hardware = variable("CASEMATE_E2E_HARDWARE");
        if (hardware is not (null or "" or "real" or "described"))
        {
            return $"CASEMATE_E2E_HARDWARE is '{hardware}': use real or described";
        }

        settings = new ClusterSettings
        {
            Image = image,
            NextImage = variable("CASEMATE_E2E_NEXT_IMAGE") is { Length: > 0 } next ? next : null,
            Kubeconfig = Path.GetFullPath(kubeconfig),
            RealHardware = hardware == "real",
        };
        return null;
    }
}
