using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Casemate.Testing.Kubernetes;

/// <summary>
/// A Kubernetes API server on loopback: any kind of objects, patches, server-side apply with owners of fields, status subresources,
/// lists in pages, watches with bookmarks, discovery, admission webhooks, roles; and the faults of real ones, which can be switched while
/// it runs.
/// </summary>
public sealed partial class TestApiServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ObjectStore _store = new();
    private readonly ConcurrentQueue<ApiRequest> _requests = new();
    private readonly List<Fault> _faults = [];
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _pulse = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile WatchControl _watches = new();
    private int _openWatches;
    private long _bookmarks;

    private TestApiServer(WebApplication application)
    {
        _application = application;
        _store.Changed += Pulse;
    }

    private sealed record Fault(Func<ApiRequest, bool> Applies, ApiFault What)
    {
        public int Left { get; set; }
    }

    /// <summary>What all watches that are open now have in common: how they end.</summary>
    private sealed class WatchControl
    {
        public TaskCompletionSource<bool> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Where it listens, with a slash at the end.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What leads a client here.</summary>
    public KubeConfiguration Configuration => KubeConfiguration.Loopback(Address, "test-token");

    /// <summary>A kubeconfig that leads here, for programs.</summary>
    public string Kubeconfig => $$"""
        apiVersion: v1
        kind: Config
        current-context: test
        clusters: [{name: test, cluster: {server: "{{Address}}"} }]
        users: [{name: test, user: {token: test-token} }]
        contexts: [{name: test, context: {cluster: test, user: test} }]
        """;

    /// <summary>Every request, in order.</summary>
    public IReadOnlyList<ApiRequest> Requests => [.. _requests];

    /// <summary>Watches that are open.</summary>
    public int OpenWatches => Volatile.Read(ref _openWatches);

    /// <summary>Tokens that are let in; null: all.</summary>
    public string? AcceptedToken { get; set; }

    /// <summary>Watch events are written byte by byte.</summary>
    public bool Trickle { get; set; }

    /// <summary>A member of <c>status</c> that this server does not know, as of a feature that is off: dropped when written. Null: none.</summary>
    public string? UnknownStatusMember
    {
        get => _store.UnknownStatusMember;
        set => _store.UnknownStatusMember = value;
    }

    /// <summary>The version of the newest change.</summary>
    public long Version => _store.Version;

    /// <summary>Whether each page of a list names another one, for ever.</summary>
    public bool ListsHaveNoEnd { get; set; }

    /// <summary>Starts a server on a free port.</summary>
    /// <param name="certificate">For TLS, with its key; null: plain HTTP.</param>
    public static async Task<TestApiServer> StartAsync(X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate, https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.AllowAnyClientCertificate();
                });
            }
        }));
        var application = builder.Build();
        var server = new TestApiServer(application);
        application.Run(server.HandleAsync);
        await application.StartAsync();
        server.Address = new Uri(
            application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/");
        return server;
    }

    /// <summary>A client of this server that hardly waits before it tries again.</summary>
    public KubeClient CreateClient(Func<KubeClientOptions, KubeClientOptions>? change = null)
    {
        var options = new KubeClientOptions { FirstRetryDelay = TimeSpan.FromMilliseconds(1) };
        return new KubeClient(Configuration, change?.Invoke(options) ?? options);
    }

    /// <summary>Makes or replaces an object as another writer would, its status too.</summary>
    public KubeObject Put(KubeResource resource, JsonObject body, string manager = "somebody")
    {
        var (namespaceName, name) = Named(body);
        var collection = resource.PathOf(null);
        var owner = new FieldOwner(manager, "Update", "");
        if (_store.Find(collection, namespaceName, name) is null)
        {
            return KubeObject.From(_store.Create(collection, namespaceName, body, owner));
        }

        Change(resource, namespaceName.Length > 0 ? namespaceName : null, name, manager, existing =>
        {
            foreach (var (member, value) in body.Where(member => member.Key is not ("metadata" or "status")))
            {
                existing[member] = value?.DeepClone();
            }
        });
        return Find(resource, namespaceName.Length > 0 ? namespaceName : null, name)!;
    }

    /// <summary>Changes an object as another writer would, its status too.</summary>
    public void Change(KubeResource resource, string? namespaceName, string name, string manager, Action<JsonObject> change)
    {
        foreach (var subresource in (string[])["", "status"])
        {
            var owner = new FieldOwner(manager, "Update", subresource);
            if (subresource.Length > 0 && _store.Find(resource.PathOf(null), namespaceName ?? "", name) is null)
            {
                return;                                                     // what held it was taken away: it is gone
            }

            _store.Update(resource.PathOf(null), namespaceName ?? "", name, subresource, owner, existing =>
            {
                var version = existing["metadata"]!["resourceVersion"]!.DeepClone();
                change(existing);
                existing["metadata"]!["resourceVersion"] = version;
                return existing;
            });
        }
    }

    /// <summary>An object as it stands; null when there is none.</summary>
    public KubeObject? Find(KubeResource resource, string? namespaceName, string name) =>
        _store.Find(resource.PathOf(null), namespaceName ?? "", name) is { } found ? KubeObject.From(found) : null;

    /// <summary>All objects of a kind.</summary>
    public IReadOnlyList<KubeObject> All(KubeResource resource) => [.. _store.List(resource.PathOf(null), null).Select(KubeObject.From)];

    /// <summary>Deletes an object as another writer would.</summary>
    public void Delete(KubeResource resource, string? namespaceName, string name) =>
        _store.Delete(resource.PathOf(null), namespaceName ?? "", name, null);

    /// <summary>The next requests of a kind are refused.</summary>
    /// <param name="times">How many.</param>
    /// <param name="fault">How.</param>
    /// <param name="applies">Which; null: all.</param>
    public void Refuse(int times, ApiFault fault, Func<ApiRequest, bool>? applies = null)
    {
        lock (_faults)
        {
            _faults.Add(new Fault(applies ?? (_ => true), fault) { Left = times });
        }
    }

    /// <summary>Everything up to now is forgotten: watches from before it are told 410.</summary>
    public void Compact() => _store.Compacted = _store.Version;

    /// <summary>All open watches end as they do in time.</summary>
    public void EndWatches() => Interlocked.Exchange(ref _watches, new WatchControl()).Ended.TrySetResult(false);

    /// <summary>All open watches break inside an event.</summary>
    public void BreakWatches() => Interlocked.Exchange(ref _watches, new WatchControl()).Ended.TrySetResult(true);

    /// <summary>All open watches are told the newest version.</summary>
    public void SendBookmarks()
    {
        Interlocked.Increment(ref _bookmarks);
        Pulse();
    }

    /// <summary>Waits until something holds that requests or changes bring about.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        var limit = Task.Delay(TimeSpan.FromSeconds(60));
        while (true)
        {
            var pulse = Volatile.Read(ref _pulse).Task;
            if (condition())
            {
                return;
            }

            // Some conditions are met after the change that leads to them, without another one.
            if (await Task.WhenAny(pulse, limit, Task.Delay(TimeSpan.FromMilliseconds(20))) == limit)
            {
                var last = _requests.TakeLast(8).Select(request => $"{request.Method} {request.Path}");
                throw new TimeoutException($"It did not come about within a minute. Last requests: {string.Join("; ", last)}");
            }
        }
    }

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _application.DisposeAsync();
        _stopping.Dispose();
    }

    private void Pulse() =>
        Interlocked.Exchange(ref _pulse, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private static (string Namespace, string Name) Named(JsonObject body) =>
        (body["metadata"]?["namespace"]?.GetValue<string>() ?? "", body["metadata"]!["name"]!.GetValue<string>());
}
