using System.Net;
using System.Runtime.CompilerServices;
using Casemate.Primitives.Sockets;
using Casemate.Rpc.Client;
using Casemate.Rpc.Wire;
using Google.Protobuf;

namespace Casemate.Rpc;

/// <summary>
/// Calls gRPC methods of one server on a Unix socket. One connection serves all calls, at the same time as well; it is made with the
/// first call, and again after it was lost.
/// </summary>
public sealed class RpcClient : IAsyncDisposable
{
    private static readonly Uri s_origin = new("http://localhost");

    private readonly RpcClientOptions _options;
    private readonly HttpMessageInvoker _invoker;

    /// <summary>Makes a client; nothing is connected yet.</summary>
    /// <param name="options">Where to connect to, and limits.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all that cannot.</exception>
    public RpcClient(RpcClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().ToList() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(" ", problems), nameof(options));
        }

        _options = options;
        _invoker = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                ActivityHeadersPropagator = null,
                AutomaticDecompression = DecompressionMethods.None,
                ConnectTimeout = options.ConnectTimeout,
                ConnectCallback = (_, cancellationToken) => UnixSocketStream.ConnectAsync(options.SocketPath, cancellationToken),
            },
            disposeHandler: true);
    }

    /// <summary>Calls a method with one answer.</summary>
    /// <typeparam name="TResponse">Message of the answer.</typeparam>
    /// <param name="path">Service and method, such as <c>/v1beta1.Registration/Register</c>.</param>
    /// <param name="request">The request.</param>
    /// <param name="parser">Reads the answer.</param>
    /// <param name="timeout">How long the call may take; the server is told. Null: as long as it likes.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">The caller gave it up.</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        string path, IMessage request, MessageParser<TResponse> parser, TimeSpan? timeout, CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(parser);
        return await CallAsync(path, request, parser.ParseFrom, timeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Calls a method with one answer, of which the caller reads what it needs: a large one need not become objects.</summary>
    /// <typeparam name="TResponse">What is made of the answer.</typeparam>
    /// <param name="path">Service and method.</param>
    /// <param name="request">The request.</param>
    /// <param name="parse">
    /// Reads the bytes of the answer, which are its own only until it returns. Throws <see cref="RpcException"/> for bytes that are no such
    /// message.
    /// </param>
    /// <param name="timeout">How long the call may take; the server is told. Null: as long as it likes.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">The caller gave it up.</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        string path, IMessage request, Func<ReadOnlySpan<byte>, TResponse> parse, TimeSpan? timeout, CancellationToken cancellationToken)
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(parse);
        TResponse? answer = null;
        await foreach (var message in ReadAsync(path, request, parse, timeout, cancellationToken).ConfigureAwait(false))
        {
            answer = answer is null ? message : throw new RpcException(RpcStatus.Internal, "The answer has more than one message.");
        }

        return answer ?? throw new RpcException(RpcStatus.Internal, "The answer has no message.");
    }

    /// <summary>
    /// Calls a method with any number of answers; they come as the server sends them, at the pace at which they are taken.
    /// </summary>
    /// <typeparam name="TResponse">Message of the answers.</typeparam>
    /// <param name="path">Service and method.</param>
    /// <param name="request">The request.</param>
    /// <param name="parser">Reads the answers.</param>
    /// <param name="timeout">How long the whole call may take; the server is told. Null: as long as it likes.</param>
    /// <param name="cancellationToken">Gives the call up, as does leaving the loop.</param>
    /// <exception cref="RpcException">The call failed, possibly after some answers.</exception>
    /// <exception cref="OperationCanceledException">The caller gave it up.</exception>
    public IAsyncEnumerable<TResponse> StreamAsync<TResponse>(
        string path,
        IMessage request,
        MessageParser<TResponse> parser,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(parser);
        return ReadAsync<TResponse>(path, request, parser.ParseFrom, timeout, cancellationToken);
    }

    /// <summary>Closes the connection; calls under way fail.</summary>
    public ValueTask DisposeAsync()
    {
        _invoker.Dispose();
        return ValueTask.CompletedTask;
    }

    private async IAsyncEnumerable<TResponse> ReadAsync<TResponse>(
        string path,
        IMessage request,
        Func<ReadOnlySpan<byte>, TResponse> parse,
        TimeSpan? timeout,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(request);
        using var message = RequestFor(path, request, timeout);
        using var deadline = timeout is { } time
            ? new CancellationTokenSource(time < CallTimeout.Longest ? time : CallTimeout.Longest, _options.Time)
            : null;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline?.Token ?? CancellationToken.None);
        using var response = await TryAsync(
            () => SendAsync(message, over.Token), deadline, cancellationToken).ConfigureAwait(false);
        await using var body = await response.Content.ReadAsStreamAsync(CancellationToken.None).ConfigureAwait(false);
        var reader = new ResponseReader<TResponse>(response, body, parse, _options.MaxResponseBytes);
        while (await TryAsync(() => reader.ReadAsync(over.Token), deadline, cancellationToken).ConfigureAwait(false) is { } answer)
        {
            yield return answer;
        }

        reader.RequireSuccess();
    }

    private static HttpRequestMessage RequestFor(string path, IMessage request, TimeSpan? timeout)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(s_origin, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new RequestContent(request),
        };
        message.Headers.TryAddWithoutValidation("te", "trailers");
        if (timeout is { } time)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, nameof(timeout));
            message.Headers.TryAddWithoutValidation(HeaderNames.Timeout, CallTimeout.Write(time));
        }

        return message;
    }

    private async ValueTask<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        var response = await _invoker.SendAsync(message, cancellationToken).ConfigureAwait(false);
        try
        {
            // A status in the headers is the whole answer, whatever else stands there.
            if (ClientFailure.StatusOf(response.Headers) is (not RpcStatus.Ok, _) and var (status, detail))
            {
                throw new RpcException(status, detail);
            }

            if (response.StatusCode is not HttpStatusCode.OK)
            {
                throw ClientFailure.OfHttp(response.StatusCode);
            }

            return HeaderNames.IsGrpc(response.Content.Headers.ContentType?.ToString())
                ? response
                : throw new RpcException(RpcStatus.Unknown, "The server's answer is not gRPC.");
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    // One place where everything that can happen below becomes what a caller has to know.
    private async ValueTask<T> TryAsync<T>(
        Func<ValueTask<T>> step, CancellationTokenSource? deadline, CancellationToken cancellationToken)
    {
        try
        {
            return await step().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not RpcException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The call was given up.", e, cancellationToken);
        }
        catch (Exception e) when (e is not RpcException && deadline?.IsCancellationRequested == true)
        {
            throw new RpcException(RpcStatus.DeadlineExceeded, $"{_options.SocketPath} did not answer in time.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw ClientFailure.OfTransport(e, _options.SocketPath);
        }
    }
}
