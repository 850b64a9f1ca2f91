using System.Net.Sockets;
using Casemate.Primitives.Sockets;
using Casemate.Rpc.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Casemate.Rpc.Server;

/// <summary>
/// What Kestrel calls for each request. Works on Kestrel's features directly: with one socket and a handful of methods there is nothing
/// that routing, middleware and a container of services would add but memory.
/// </summary>
internal sealed class RpcApplication(RpcServerOptions options, CancellationToken stopping, CancellationToken stopped)
    : IHttpApplication<IFeatureCollection>
{
    private readonly Dictionary<string, RpcMethod> _methods =
        options.Methods.ToDictionary(method => method.Path, StringComparer.Ordinal);

    private readonly ILogger _logger = options.LoggerFactory.CreateLogger<RpcServer>();

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        if (!HeaderNames.IsGrpc(request.Headers.ContentType))
        {
            response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        if (request.Method != HttpMethods.Post)
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = HttpMethods.Post;
            return;
        }

        response.Headers.ContentType = HeaderNames.ContentType;
        var now = options.Time.GetUtcNow();
        var method = _methods.GetValueOrDefault(request.Path);
        var hasTimeout = request.Headers.TryGetValue(HeaderNames.Timeout, out var value);
        var timeout = TimeSpan.Zero;
        var isTimeoutValid = !hasTimeout || CallTimeout.TryRead(value, out timeout);
        var aborted = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;

        using var deadline = hasTimeout && isTimeoutValid ? new CancellationTokenSource(timeout, options.Time) : null;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(
            aborted, method?.IsStreaming == true ? stopping : stopped, deadline?.Token ?? CancellationToken.None);
        var peer = PeerOf(context.Get<IConnectionSocketFeature>()?.Socket);
        var call = new RpcCall(
            options, context, new RpcContext(request.Path, peer, deadline is null ? null : now + timeout, over.Token), over);
        var end = (method, isTimeoutValid) switch
        {
            (null, _) => (RpcStatus.Unimplemented, "There is no such method here."),
            (_, false) => (RpcStatus.Internal, "grpc-timeout is malformed: one to eight digits and one of H, M, S, m, u, n are wanted."),
            _ => await InvokeAsync(method, call, aborted, deadline?.Token ?? CancellationToken.None).ConfigureAwait(false),
        };
        Finish(call, end.Item1, end.Item2, aborted);
    }

    // Null when the kernel cannot name it.
    private static RpcPeer? PeerOf(Socket? socket) => socket is not null && PeerCredential.TryRead(socket, out var credential)
        ? new RpcPeer(credential.ProcessId, credential.UserId, credential.GroupId) : null;

    private async Task<(RpcStatus, string)> InvokeAsync(
        RpcMethod method, RpcCall call, CancellationToken aborted, CancellationToken deadline)
    {
        try
        {
            await method.InvokeAsync(call).ConfigureAwait(false);
            return (RpcStatus.Ok, "");
        }
        catch (RpcException e)
        {
            return (e.Status, e.Detail);
        }
        catch (Exception e) when (aborted.IsCancellationRequested || call.IsAbandoned || e is ConnectionAbortedException)
        {
            return (RpcStatus.Cancelled, "");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return (RpcStatus.DeadlineExceeded, "The time of the call was over before its answer was there.");
        }
        catch (OperationCanceledException) when (call.Context.CancellationToken.IsCancellationRequested)
        {
            return (RpcStatus.Unavailable, "The server is stopping.");
        }
        catch (Exception e) when (e is IOException or BadHttpRequestException)
        {
            return (RpcStatus.Internal, "The request broke off.");
        }
        catch (Exception e)
        {
            RpcLog.Faulted(_logger, method.Path, e);
            return (RpcStatus.Internal, "The method failed; the log of the server says why.");
        }
    }

    private void Finish(RpcCall call, RpcStatus status, string detail, CancellationToken aborted)
    {
        if (aborted.IsCancellationRequested || call.IsAbandoned)
        {
            RpcLog.Ended(_logger, call.Context.Path, RpcStatus.Cancelled);
            return;                                                        // nobody is there to be told
        }

        call.Finish(status, detail);
        if (status is RpcStatus.Ok or RpcStatus.Unavailable or RpcStatus.DeadlineExceeded)
        {
            RpcLog.Ended(_logger, call.Context.Path, status);
        }
        else
        {
            RpcLog.Refused(_logger, call.Context.Path, status, detail);
        }
    }
}
