using Casemate.Oci;
using Casemate.Oci.Registry;

namespace Casemate.Cli.Image;

/// <summary>Opens repositories of registries with the credentials of the user.</summary>
internal sealed class ImageRegistries(Func<string, string?> environment, string? authFile, IEnumerable<string> plainHttp, TimeProvider time)
    : IRegistryTransport, IDisposable
{
    // Made when a registry is named: layouts and archives need neither credentials nor a network.
    private readonly Lazy<RegistryClient> _client = new(() => new RegistryClient(new RegistryOptions
    {
        Credentials = new DockerCredentials(environment, authFile, time),
        AllowPlainHttp = plainHttp.ToHashSet(StringComparer.Ordinal),
        Time = time,
    }));

    /// <inheritdoc/>
    public IImageSource OpenSource(ImageReference reference) => _client.Value.Repository(reference);

    /// <inheritdoc/>
    public IImageTarget OpenTarget(ImageReference reference) => _client.Value.Repository(reference);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }
}
