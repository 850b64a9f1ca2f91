namespace Casemate.Oci.Registry;

/// <summary>
/// A client of registries. Source: OCI Distribution Specification 1.1. It keeps tokens for as long as they are good; it may be used by
/// many callers at once.
/// </summary>
public sealed class RegistryClient : IRegistryTransport, IDisposable
{
    private readonly HttpMessageInvoker _transport;
    private readonly RegistryHttp _http;

    /// <summary>Makes a client.</summary>
    /// <param name="options">How registries are talked to.</param>
    /// <param name="handler">
    /// What sends requests; it must not follow redirects by itself. Null: <see cref="RegistryTransport.CreateHandler"/>. Not disposed of.
    /// </param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public RegistryClient(RegistryOptions? options = null, HttpMessageHandler? handler = null)
    {
        options ??= new RegistryOptions();
        options.Require();
        _transport = new HttpMessageInvoker(handler ?? RegistryTransport.CreateHandler(options.Authorities),
            disposeHandler: handler is null);
        var wire = new RegistryWire(_transport, options);
        _http = new RegistryHttp(wire, new RegistryAuthorization(wire, options), options);
    }

    /// <summary>The repository of a reference; its tag or digest is what <see cref="RegistryRepository.ResolveAsync"/> finds unless told
    /// otherwise.</summary>
    public RegistryRepository Repository(ImageReference reference) => new(_http, reference);

    /// <inheritdoc/>
    public IImageSource OpenSource(ImageReference reference) => Repository(reference);

    /// <inheritdoc/>
    public IImageTarget OpenTarget(ImageReference reference) => Repository(reference);

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();
}
