using System.Text.Json.Nodes;
using Casemate.Addon;
using Casemate.Admission;
using Casemate.Cli.Webhook;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Casemate.Testing.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Cli.Tests.Doctor;

/// <summary>A cluster in which nothing is wrong: the add-on, a webhook that runs, a node with EPC, a pod that uses it.</summary>
internal sealed class HealthyCluster : IAsyncDisposable
{
    public const string Space = "shop";

    private HealthyCluster(TestApiServer server) => Server = server;

    public TestApiServer Server { get; }

    public TestNode Node { get; private set; } = null!;

    private WebhookService? Webhook { get; set; }

    public static async Task<HealthyCluster> StartAsync()
    {
        var server = await TestApiServer.StartAsync();
        var cluster = new HealthyCluster(server);
        server.CompleteWorkloads = true;
        using (var client = server.CreateClient())
        {
            await new ManifestApplier(client).ApplyAsync(
                AddonManifests.Objects(new AddonOptions { Image = "registry.example/casemate:1", WithQuoteHelper = true }),
                cancellationToken: TestContext.Current.CancellationToken);
        }

        cluster.Node = TestNode.Join(server, "n1");
        cluster.Node.WriteStatus((ResourceFamily.Intel.Name, 1L << 33), (AccessResource.Enclave, 110), (AccessResource.Provision, 110));
        cluster.SetCondition(NodeMarks.SgxReady, "True", "EnclavesCanStart");
        cluster.SetCondition(NodeMarks.Attested, "True", "Attested");
        cluster.PutLease(DateTimeOffset.UtcNow);
        cluster.PutPod("default", "app", "Running", "n1", (ResourceFamily.Intel.Name, "16Mi"), (AccessResource.Enclave, "1"));
        cluster.PutEndpoints(ready: 2);
        cluster.Webhook = await WebhookService.StartAsync(
            new WebhookServiceOptions
            {
                Listen = "127.0.0.1:0",
                Settings = AdmissionSettings.Default,
                Cluster = server.Configuration,
                Certificates = new CertificateKeeperOptions
                {
                    Namespace = AddonOptions.SystemNamespace,
                    Interval = TimeSpan.FromHours(1),                       // what a test breaks stays broken
                },
            },
            NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken);
        await server.UntilAsync(() => cluster.Webhook.WhyNotReady() is null);
        server.Expose(AddonOptions.SystemNamespace, WebhookConfigurations.DefaultName, cluster.Webhook.Address.Port);
        return cluster;
    }

    public Task<DoctorLine> AskAsync(params string[] arguments) =>
        AskAsync(60, arguments);

    public Task<DoctorLine> AskAsync(int seconds, params string[] arguments) => DoctorLine.RunAsync(
        Server.Address,
        ["cluster", "-o", "json", "--timeout", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture), .. arguments]);

    public void SetCondition(string type, string status, string reason, string message = "") => Node.Change("agent", node =>
    {
        var conditions = (JsonArray)node["status"]!["conditions"]!;
        foreach (var old in conditions.Where(one => one!["type"]!.GetValue<string>() == type).ToList())
        {
            conditions.Remove(old);
        }

        conditions.Add(new JsonObject { ["type"] = type, ["status"] = status, ["reason"] = reason, ["message"] = message });
    });

    public void SetAmounts(Action<JsonObject, JsonObject> change) => Node.Change("kubelet", node =>
        change((JsonObject)node["status"]!["capacity"]!, (JsonObject)node["status"]!["allocatable"]!));

    public void PutLease(DateTimeOffset renewed) => Put(KubeResource.Leases, "kube-node-lease", "n1", new JsonObject
    {
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = "n1",
            ["leaseDurationSeconds"] = 3600,                                    // a loaded machine may take its time
            ["renewTime"] = renewed.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture),
        },
    });

    public void PutEndpoints(int ready)
    {
        var endpoints = new JsonArray();
        for (var i = 0; i < 2; i++)
        {
            endpoints.Add(new JsonObject
            {
                ["addresses"] = new JsonArray($"10.0.0.{i + 1}"),
                ["conditions"] = new JsonObject { ["ready"] = i < ready },
            });
        }

        Put(KubeResource.EndpointSlices, AddonOptions.SystemNamespace, "casemate-webhook-1", new JsonObject { ["endpoints"] = endpoints },
            ("kubernetes.io/service-name", WebhookConfigurations.DefaultName));
    }

    public void PutPod(string space, string name, string phase, string? node, params IReadOnlyList<(string Resource, string Quantity)> limits) =>
        PutPod(space, name, phase, node, _ => { }, limits);

    public void PutPod(
        string space, string name, string phase, string? node, Action<JsonObject> change, params IReadOnlyList<(string Resource, string Quantity)> limits)
    {
        var resources = new JsonObject();
        foreach (var (resource, quantity) in limits)
        {
            resources[resource] = quantity;
        }

        var pod = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["resources"] = new JsonObject { ["limits"] = resources } }),
            },
            ["status"] = new JsonObject
            {
                ["phase"] = phase,
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = phase == "Running" ? "True" : "False" }),
            },
        };
        if (node is not null)
        {
            pod["spec"]!["nodeName"] = node;
        }

        change(pod);
        Put(KubeResource.Pods, space, name, pod);
    }

    public void Put(KubeResource resource, string? space, string name, JsonObject body, params IReadOnlyList<(string Key, string Value)> labels)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (space is not null)
        {
            metadata["namespace"] = space;
        }

        if (labels.Count > 0)
        {
            metadata["labels"] = new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
        }

        body["apiVersion"] = resource.ApiVersion;
        body["kind"] = resource.Kind;
        body["metadata"] = metadata;
        Server.Put(resource, body);
    }

    public async ValueTask DisposeAsync()
    {
        await (Webhook?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Server.DisposeAsync();
    }
}
