namespace Casemate.Addon;

/// <summary>Something in a cluster that already offers SGX, or serves pods with it.</summary>
/// <param name="Origin">Whose.</param>
/// <param name="What">The object, such as <c>DaemonSet kube-system/sgx-plugin</c>, or the node that offers.</param>
/// <param name="Publishes">Names of resources that it publishes; empty when it publishes none.</param>
/// <param name="Removal">The command that removes it.</param>
public sealed record ExistingPlugin(PluginOrigin Origin, string What, IReadOnlyList<string> Publishes, string Removal)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Publishes.Count == 0 ? What : $"{What} publishes {string.Join(", ", Publishes)}";
}
