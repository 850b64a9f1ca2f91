using System.Collections.Immutable;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Casemate.Serve.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve;

/// <summary>
/// A service over HTTP: options checked as a whole, TLS, limits, and a start that either succeeds or says in words what the operator
/// can put right, with everything closed again.
/// </summary>
/// <remarks>
/// A derived class makes its parts and its request handler in <see cref="Open"/> and closes them in <see cref="CloseAsync"/>. Its static
/// <c>StartAsync</c> makes an instance, awaits <see cref="BeginAsync"/> and returns it.
/// </remarks>
public abstract partial class HttpService : IRunningService
{
    private readonly HttpServiceOptions _options;
    private readonly HttpServiceEndpoint _endpoint;
    private WebApplication? _application;
    private ServerCertificate? _certificate;
    private Func<SslStreamCertificateContext?>? _certificateToShow;
    private int _stopped;
    private int _disposed;

    /// <summary>Takes the options; nothing is opened.</summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="endpoint">Where it listens.</param>
    /// <param name="logger">Where it logs.</param>
    protected HttpService(HttpServiceOptions options, HttpServiceEndpoint endpoint, ILogger logger) =>
        (_options, _endpoint, Logger) = (options, endpoint, logger);

    /// <summary>Where it logs.</summary>
    protected ILogger Logger { get; }

    /// <summary>Where clients on this machine reach the service; null when it listens on a Unix socket alone.</summary>
    protected Uri? BoundAddress { get; private set; }

    /// <summary>What the operator reads when another program has the address.</summary>
    protected abstract string AddressTaken { get; }

    /// <summary>
    /// Stops: takes no new connection, lets requests under way end for <see cref="HttpServiceOptions.ShutdownTimeout"/>, then cuts them
    /// off.
    /// </summary>
    /// <param name="cancellationToken">Cuts them off at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        OnStopping(_options.ShutdownTimeout);
        await _application!.StopAsync(cancellationToken).ConfigureAwait(false);
        OnStopped();
    }

    /// <summary>Stops if need be, and closes what it keeps.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        await CloseAllAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts it. When that fails, everything is closed again.</summary>
    /// <param name="loggerFactory">Where the web server logs its warnings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="ServeStartException">The options are wrong, a file cannot be opened, or the address is taken.</exception>
    protected async Task BeginAsync(ILoggerFactory loggerFactory, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            ImmutableArray<string> problems = [.. _options.Problems()];
            if (!problems.IsEmpty)
            {
                throw new ServeStartException(problems);
            }

            var handle = Open(loggerFactory, time);
            await PrepareAsync(cancellationToken).ConfigureAwait(false);
            _application = Build(loggerFactory);
            _application.Run(handle);
            await _application.StartAsync(cancellationToken).ConfigureAwait(false);
            OpenSocketToGroup();
            BoundAddress = AddressOf(_application);
            OnStarted();
        }
        catch (Exception e) when (Explain(e) is { } problem)
        {
            await CloseAllAsync().ConfigureAwait(false);
            throw new ServeStartException([problem], e);
        }
        catch
        {
            await CloseAllAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens what the service needs. The options are sound by then; whatever part is open when it throws is closed.</summary>
    /// <param name="loggerFactory">Makes further loggers.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Answers the requests; must not throw.</returns>
    protected abstract RequestDelegate Open(ILoggerFactory loggerFactory, TimeProvider time);

    /// <summary>Does what takes its time before the first request. Default: nothing.</summary>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="ServeStartException">The service cannot start; what is open is closed.</exception>
    protected virtual ValueTask PrepareAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Closes what <see cref="Open"/> opened, or the part of it that there is.</summary>
    protected abstract ValueTask CloseAsync();

    /// <summary>It takes requests: it is ready from now on.</summary>
    protected abstract void OnStarted();

    /// <summary>It is about to take none: it is not ready any more.</summary>
    /// <param name="patience">How long requests under way have to end.</param>
    protected abstract void OnStopping(TimeSpan patience);

    /// <summary>The last request has ended.</summary>
    protected abstract void OnStopped();

    /// <summary>
    /// True for a failure of the start whose message an operator can act on; any other is a mistake of ours and stays an exception of
    /// its own kind. Default: files that cannot be used.
    /// </summary>
    /// <param name="failure">The failure.</param>
    protected virtual bool IsForOperator(Exception failure) => failure is UnauthorizedAccessException or IOException;

    /// <summary>
    /// Opens the certificate that the options name, or the service's own, made if it is not there; neither if it speaks no TLS.
    /// </summary>
    /// <param name="own">Where the service's own is kept; made if need be. Null: it keeps none in files.</param>
    /// <param name="time">The clock.</param>
    protected void OpenCertificate(StateDirectory? own, TimeProvider time)
    {
        if (_endpoint.Listen is null || _options.PlainHttp)
        {
            return;
        }

        if (_options.TlsCertificatePath is { } path)
        {
            _certificate = ServerCertificate.Load(path, _options.TlsKeyPath!, time, Logger);
        }
        else
        {
            ArgumentNullException.ThrowIfNull(own);
            own.Create();
            _certificate = ServerCertificate.OpenOwn(own.TlsCertificate, own.TlsKey, NamesOf(_endpoint.Listen), time, Logger);
        }

        _certificateToShow = () => _certificate.Current.Context;
    }

    /// <summary>Shows a certificate that somebody else looks after.</summary>
    /// <param name="current">The certificate to show now, asked for at each handshake; null: there is none yet, and handshakes fail.</param>
    protected void UseCertificate(Func<SslStreamCertificateContext?> current) => _certificateToShow = current;

    private string? Explain(Exception failure) => failure switch
    {
        CryptographicException when _options.TlsCertificatePath is { } path =>
            $"TlsCertificatePath '{path}' and TlsKeyPath '{_options.TlsKeyPath}' are not a certificate and its key in PEM: {failure.Message}",
        IOException { InnerException: AddressInUseException } => AddressTaken,
        _ when IsForOperator(failure) => failure.Message,
        SocketException => $"Listen is '{_endpoint.Listen}', and the system refuses it: {failure.Message}",
        _ => null,
    };

    private async ValueTask CloseAllAsync()
    {
        if (_application is not null)
        {
            await _application.DisposeAsync().ConfigureAwait(false);
        }

        await CloseAsync().ConfigureAwait(false);
        _certificate?.Dispose();
    }
}
