using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Casemate.Simulator;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Casemate.Testing.Attestation;

/// <summary>
/// Intel's provisioning service, a PCCS, Azure's identity service and AMD's key server on loopback, for one simulated installation,
/// with faults that can be switched while it runs.
/// </summary>
public sealed partial class TestProvisioningServer : IAsyncDisposable
{
    /// <summary>The subscription key that PCK certificates need.</summary>
    public const string SubscriptionKey = "0123456789abcdef0123456789abcdef";

    /// <summary>The token that machines register with.</summary>
    public const string UserToken = "the token that machines register with";

    private readonly WebApplication _application;
    private readonly SimulatedPlatform _platform;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentDictionary<string, ProvisioningFault> _faults = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private volatile TaskCompletionSource? _held;
    private int _disposed;

    private TestProvisioningServer(WebApplication application, SimulatedPlatform platform, TimeProvider time) =>
        (_application, _platform, _time) = (application, platform, time);

    /// <summary>Where it listens, such as <c>http://127.0.0.1:12345/</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The certification base, as <c>pccs_url</c> names it.</summary>
    public Uri CertificationBase => new(Address, "sgx/certification/v4/");

    /// <summary>Path and query of each request, in order.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>The machine as the provisioning service knows it; tests may put a changed scenario here.</summary>
    public SimulatedDcap Dcap { get; set; } = null!;

    /// <summary>What is wrong with every answer.</summary>
    public ProvisioningFault Fault { get; set; }

    /// <summary>Starts a server on a free port.</summary>
    /// <param name="platform">The installation that it answers for.</param>
    /// <param name="time">The clock: documents are issued by it.</param>
    /// <param name="certificate">Speaks TLS with this certificate; null: HTTP.</param>
    /// <param name="admits">Which client certificates are let in; null: none is asked for.</param>
    public static async Task<TestProvisioningServer> StartAsync(
        SimulatedPlatform platform, TimeProvider time, X509Certificate2? certificate = null, Func<X509Certificate2, bool>? admits = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
            {
                if (certificate is not null)
                {
                    endpoint.UseHttps(https =>
                    {
                        https.ServerCertificate = certificate;
                        https.ClientCertificateMode = admits is null
                            ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate;
                        https.ClientCertificateValidation = (client, _, _) => admits!(client);
                    });
                }
            });
            kestrel.Limits.MaxRequestLineSize = 64 * 1024;
        });
        var application = builder.Build();
        var server = new TestProvisioningServer(application, platform, time) { Dcap = platform.Dcap };
        application.Run(server.HandleAsync);
        await application.StartAsync();
        server.Address = new Uri(
            application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/");
        return server;
    }

    /// <summary>Breaks the routes whose path contains a text.</summary>
    public void Break(string pathPart, ProvisioningFault fault) => _faults[pathPart] = fault;

    /// <summary>Requests wait from now on until the result is disposed.</summary>
    public IDisposable Hold()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _held = held;
        return new Release(() =>
        {
            _held = null;
            held.TrySetResult();
        });
    }

    /// <summary>Waits until one more request has arrived.</summary>
    /// <exception cref="TimeoutException">None did within a minute.</exception>
    public async Task ArrivedAsync()
    {
        if (!await _arrived.WaitAsync(TimeSpan.FromMinutes(1)))
        {
            throw new TimeoutException("No request arrived within a minute.");
        }
    }

    /// <summary>Ends the server and every request that hangs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        _held?.TrySetResult();
        await _application.StopAsync();
        await _application.DisposeAsync();
        _arrived.Dispose();
        _stopping.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        _requests.Enqueue(context.Request.Path + context.Request.QueryString);
        _arrived.Release();
        if (_held is { } held)
        {
            await held.Task;
        }

        var path = context.Request.Path.Value!;
        var fault = _faults.FirstOrDefault(entry =>
            path.Contains(entry.Key, StringComparison.Ordinal)) is { Key: not null } broken ? broken.Value : Fault;
        switch (fault)
        {
            case ProvisioningFault.Hang:
                await Task.Delay(Timeout.Infinite, _stopping.Token).ContinueWith(_ => { }, TaskScheduler.Default);
                context.Abort();
                return;
            case ProvisioningFault.Html:
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<!DOCTYPE html><html><body>Please sign in to continue</body></html>");
                return;
            case ProvisioningFault.Throttled:
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "120";
                return;
            case ProvisioningFault.ServerError:
                context.Response.StatusCode = 503;
                return;
            case ProvisioningFault.ExplainedError:
                context.Response.StatusCode = 400;
                context.Response.Headers["Error-Code"] = "InvalidRequestSyntax";
                context.Response.Headers["Error-Message"] = "fmspc is wrong";
                return;
            case ProvisioningFault.Redirect:
                context.Response.Redirect("https://elsewhere.invalid/");
                return;
            case ProvisioningFault.NotFound:
                context.Response.StatusCode = 404;
                return;
            case ProvisioningFault.Oversized:
                for (var i = 0; i < 16 * 1024; i++)
                {
                    await context.Response.Body.WriteAsync(new byte[1024]);
                }

                return;
            default:
                await AnswerAsync(context, path, fault);
                return;
        }
    }

    private async Task AnswerAsync(HttpContext context, string path, ProvisioningFault fault)
    {
        var now = fault switch
        {
            ProvisioningFault.Expired => _time.GetUtcNow().AddDays(-60),
            ProvisioningFault.FromTheFuture => _time.GetUtcNow().AddDays(2),
            _ => _time.GetUtcNow(),
        };
        var answer = Find(context.Request, path, fault, now);
        if (answer is null)
        {
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            if (fault is not ProvisioningFault.NoChain || !name.Contains("Chain", StringComparison.Ordinal))
            {
                context.Response.Headers[name] = value;
            }
        }

        var body = fault is ProvisioningFault.Empty ? [] : fault is ProvisioningFault.Noise
            ? [0x30, 0x82, .. new byte[200].Select((_, i) => (byte)(i * 37))] : answer.Body;
        context.Response.ContentType = answer.ContentType;
        context.Response.ContentLength = body.Length;
        if (fault is ProvisioningFault.Truncated or ProvisioningFault.HangInBody)
        {
            await context.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2));
            await context.Response.Body.FlushAsync();
            if (fault is ProvisioningFault.HangInBody)
            {
                await Task.Delay(Timeout.Infinite, _stopping.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }

            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(body);
    }

    private sealed record Answer(byte[] Body, string ContentType, params (string Name, string Value)[] Headers)
    {
        public int Status { get; init; } = 200;
    }

    private sealed class Release(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
