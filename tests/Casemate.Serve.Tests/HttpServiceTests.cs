using System.Net;
using Casemate.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Serve.Tests;

/// <summary>What every service over HTTP has from its base.</summary>
public sealed class HttpServiceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Answers_AndStopsAndClosesOnce()
    {
        var service = new EchoService(new EchoOptions());
        await service.StartAsync();
        using var client = new HttpClient { BaseAddress = service.Address };
        Assert.Equal("/hello", await client.GetStringAsync("/hello", Ct));

        await service.StopAsync(Ct);
        await service.StopAsync(Ct);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/hello", Ct));
        await service.DisposeAsync();
        await service.DisposeAsync();
        Assert.Equal(["open", "started", "stopping 00:00:10", "stopped", "close"], service.Events);
    }

    [Fact]
    public async Task Stops_WhenItIsDisposedOf()
    {
        var service = new EchoService(new EchoOptions());
        await service.StartAsync();
        await service.DisposeAsync();
        Assert.Equal(["open", "started", "stopping 00:00:10", "stopped", "close"], service.Events);
    }

    [Fact]
    public async Task Opens_NothingWithWrongOptions_AndNamesThemAll()
    {
        var service = new EchoService(new EchoOptions
        {
            PlainHttp = true,
            Listen = "0.0.0.0:0",
            TlsKeyPath = "key.pem",
            HostNames = ["not a name"],
            MaxRequestBodySize = 1,
            MaxConnections = 0,
            ShutdownTimeout = TimeSpan.FromHours(1),
        });
        var refused = await Assert.ThrowsAsync<ServeStartException>(service.StartAsync);
        Assert.Equal(
            [
                "PlainHttp is set and Listen is '0.0.0.0:0': echoes would cross the network in the clear. "
                    + "Leave PlainHttp out to get TLS, or listen on 127.0.0.1.",
                "TlsCertificatePath and TlsKeyPath belong together: give both, or neither to have the service make a certificate.",
                "HostNames has 'not a name': write a DNS name or an address, without port.",
                "MaxRequestBodySize is 1: use 65536 to 67108864 bytes (default 2097152).",
                "MaxConnections is 0: use 1 to 100000 (default 16).",
                "ShutdownTimeout is 01:00:00: use 0 to 5 minutes (default 10 seconds).",
            ],
            refused.Problems);
        Assert.Null(refused.InnerException);
        Assert.Equal(["close"], service.Events);
    }

    [Fact]
    public async Task Says_WhatFailed_AndClosesWhatWasOpen()
    {
        var service = new EchoService(new EchoOptions { Fail = new IOException("the disk is full") });
        var failed = await Assert.ThrowsAsync<ServeStartException>(service.StartAsync);
        Assert.Equal(["the disk is full"], failed.Problems);
        Assert.IsType<IOException>(failed.InnerException);
        Assert.Equal(["open", "close"], service.Events);
    }

    [Fact]
    public async Task Leaves_AMistakeOfOurs_AsItIs()
    {
        var service = new EchoService(new EchoOptions { Fail = new InvalidOperationException("a bug") });
        await Assert.ThrowsAsync<InvalidOperationException>(service.StartAsync);
        Assert.Equal(["open", "close"], service.Events);
    }

    [Fact]
    public async Task Says_WhenAnotherProgramHasTheAddress()
    {
        await using var first = new EchoService(new EchoOptions());
        await first.StartAsync();
        var second = new EchoService(new EchoOptions { Listen = first.Address.Authority });
        Assert.Equal(["echoes elsewhere"], (await Assert.ThrowsAsync<ServeStartException>(second.StartAsync)).Problems);
        Assert.Equal(["open", "close"], second.Events);
    }

    [Fact]
    public async Task Speaks_TlsWithACertificateOfItsOwn_UnlessToldOtherwise()
    {
        await using var service = new EchoService(new EchoOptions { PlainHttp = false, Own = _directory.File("tls") });
        await service.StartAsync();
        Assert.Equal("https", service.Address.Scheme);
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) =>
                certificate!.ExportCertificatePem() == File.ReadAllText(_directory.File("tls/tls.crt")).Trim(),
        };
        using var client = new HttpClient(handler) { BaseAddress = service.Address };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/", Ct)).StatusCode);
    }

    /// <summary>All that a service has to bring along.</summary>
    private sealed class EchoService : HttpService
    {
        private readonly EchoOptions _options;

        public EchoService(EchoOptions options)
            : base(options, new HttpServiceEndpoint(options.Listen), NullLogger.Instance) => _options = options;

        public List<string> Events { get; } = [];

        public Uri Address => BoundAddress!;

        protected override string AddressTaken => "echoes elsewhere";

        public Task StartAsync() => BeginAsync(NullLoggerFactory.Instance, TimeProvider.System, Ct);

        protected override RequestDelegate Open(ILoggerFactory loggerFactory, TimeProvider time)
        {
            Events.Add("open");
            if (_options.Own is { } own)
            {
                OpenCertificate(new StateDirectory(own), time);
            }

            return _options.Fail is { } failure ? throw failure : context => context.Response.WriteAsync(context.Request.Path);
        }

        protected override ValueTask CloseAsync()
        {
            Events.Add("close");
            return ValueTask.CompletedTask;
        }

        protected override void OnStarted() => Events.Add("started");

        protected override void OnStopping(TimeSpan patience) => Events.Add($"stopping {patience}");

        protected override void OnStopped() => Events.Add("stopped");
    }

    private sealed record EchoOptions : HttpServiceOptions
    {
        public EchoOptions() => PlainHttp = true;

        public string Listen { get; init; } = "127.0.0.1:0";

        public string? Own { get; init; }

        public Exception? Fail { get; init; }

        public override int MaxConnections { get; init; } = 16;

        public override IEnumerable<string> Problems() => [.. TlsProblems(Listen, "echoes"), .. LimitProblems(16)];
    }
}
