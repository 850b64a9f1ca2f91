namespace Casemate.Addon.Manifests;

/// <summary>What the containers of all components have in common, at the indentation of a pod template's only container.</summary>
internal static class PodText
{
    /// <summary>Probes of the health endpoint at the port <c>http</c>.</summary>
    public static string HttpProbes { get; } = Yaml.Block(
        8, "livenessProbe:\n  httpGet:\n    path: /healthz\n    port: http", "readinessProbe:\n  httpGet:\n    path: /readyz\n    port: http");

    /// <summary>
    /// The end of a pod: the container without privileges, capabilities or a root file system to write to, its mounts, and the volumes.
    /// </summary>
    /// <param name="asRoot">Whether it is root, which it must be to open what is root's on the node.</param>
    /// <param name="mounts">What it has of the node, beside a <c>/tmp</c> of its own in memory.</param>
    public static string End(bool asRoot, params IReadOnlyList<HostMount> mounts) => $"""
                securityContext:
                  privileged: false
                  allowPrivilegeEscalation: false
                  readOnlyRootFilesystem: true
        {Yaml.Block(10, asRoot ? ["runAsUser: 0"] : [])}          capabilities:
                    drop: [ALL]
                  seccompProfile:
                    type: RuntimeDefault
                volumeMounts:
                - name: tmp
                  mountPath: /tmp
        {Yaml.Block(8, mounts.Select(mount => mount.Mount))}      volumes:
              - name: tmp
                emptyDir:
                  medium: Memory
                  sizeLimit: 16Mi
        {Yaml.Block(6, mounts.Select(mount => mount.Volume))}
        """;
}
