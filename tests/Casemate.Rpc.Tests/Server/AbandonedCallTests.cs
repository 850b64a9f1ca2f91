using System.Collections.Concurrent;
using System.IO.Pipelines;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Server;
using Casemate.Testing;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using static Casemate.Rpc.Tests.Wire.RawConnection;

namespace Casemate.Rpc.Tests.Server;

/// <summary>
/// Calls whose peer is gone, in the order in which Kestrel says so on a machine that has other things to do: the write fails first, and
/// the token of the call is cancelled some time later, or here never.
/// </summary>
public sealed class AbandonedCallTests
{
    private readonly ConcurrentQueue<string> _log = [];

    [Fact]
    public async Task ItsHandler_FindsItsTokenCancelled_WhenItsAnswerFails()
    {
        var seen = new TaskCompletionSource<bool>();

        await CallAsync(async (stream, context) =>
        {
            try
            {
                await stream.WriteAsync(new ListAndWatchResponse());
            }
            finally
            {
                seen.SetResult(context.CancellationToken.IsCancellationRequested);
            }
        });

        Assert.True(await seen.Task.SoonAsync());
    }

    [Fact]
    public async Task WhatElseWaitsForItsEnd_IsWokenAsWell()
    {
        await CallAsync(async (stream, context) =>
        {
            var changes = Task.Delay(Timeout.Infinite, context.CancellationToken);
            await Task.WhenAny(stream.WriteAsync(new ListAndWatchResponse()).AsTask(), changes);
            await changes;
        });

        Assert.DoesNotContain(_log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task IsNoFaultOfTheMethod()
    {
        await CallAsync((stream, _) => stream.WriteAsync(new ListAndWatchResponse()).AsTask());
        await CallAsync((_, _) => throw new ConnectionAbortedException());

        Assert.DoesNotContain(_log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private async Task CallAsync(Func<IRpcStream<ListAndWatchResponse>, RpcContext, Task> handler)
    {
        var options = new RpcServerOptions
        {
            SocketPath = "/nowhere/p.sock",
            LoggerFactory = new RecordingLoggerFactory(_log),
            Methods =
            [
                RpcMethod.ServerStream<Empty, ListAndWatchResponse>(
                    KubeletMethods.ListAndWatch, Empty.Parser, (_, stream, context) => handler(stream, context)),
            ],
        };
        var request = new Pipe();
        await request.Writer.WriteAsync(MessageOf(new Empty().ToByteArray()));
        await request.Writer.CompleteAsync();
        var answer = new Pipe();
        await answer.Reader.CompleteAsync();
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = "POST",
            Path = KubeletMethods.ListAndWatch,
            Headers = { ContentType = "application/grpc" },
        });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        features.Set<IHttpResponseTrailersFeature>(new Trailers());
        features.Set<IRequestBodyPipeFeature>(new Body(request.Reader));
        features.Set<IHttpResponseBodyFeature>(new Answer(answer.Writer));

        await new RpcApplication(options, CancellationToken.None, CancellationToken.None).ProcessRequestAsync(features).SoonAsync();
    }

    private sealed class Trailers : IHttpResponseTrailersFeature
    {
        IHeaderDictionary IHttpResponseTrailersFeature.Trailers { get; set; } = new HeaderDictionary();
    }

    private sealed record Body(PipeReader Reader) : IRequestBodyPipeFeature;

    private sealed class Answer(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => throw new NotSupportedException();

        public PipeWriter Writer => writer;

        public void DisableBuffering()
        {
        }

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task CompleteAsync() => Task.CompletedTask;
    }
}
