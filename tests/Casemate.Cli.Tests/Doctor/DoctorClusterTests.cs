using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Addon;
using Casemate.Admission;
using Casemate.Cli.Doctor;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Casemate.Testing.Kubernetes;

namespace Casemate.Cli.Tests.Doctor;

/// <summary><c>casemate doctor cluster</c>: one broken thing at a time, in a cluster that is well otherwise.</summary>
public sealed class DoctorClusterTests
{
    private const string Webhook = WebhookConfigurations.DefaultName;
    private const string Own = AddonOptions.SystemNamespace;

    // What is broken, and what is found of it. Each has a test of its own, by its name.
    private static readonly Dictionary<string, (Action<HealthyCluster> Break, string Id, string Outcome, string Evidence, string Fix)> s_broken = new()
    {
        ["an old server"] = (
            c => c.Server.KubernetesVersion = (1, 28), "ApiServer", "failed", "need 1.30", "Upgrade the cluster"),
        ["a kind that is not served"] = (
            c => c.Server.Withdraw(KubeResource.ValidatingAdmissionPolicies), "ServedKinds", "failed", "serves no validatingadmissionpolicies", "Upgrade"),
        ["a server behind the server"] = (
            c => c.Server.UnavailableVersion = "metrics.k8s.io/v1beta1", "ServedKinds", "warning", "metrics.k8s.io", "kubectl get apiservices"),
        ["a node whose clock is ahead"] = (
            c => c.PutLease(DateTimeOffset.UtcNow.AddMinutes(5)), "NodeClocks", "failed", "after the API server's time", "timedatectl"),
        ["a node whose clock is behind"] = (
            c => c.PutLease(DateTimeOffset.UtcNow.AddHours(-2)), "NodeClocks", "warning", "before the API server's time", "journalctl -u kubelet"),
        ["no add-on"] = (
            c => c.Server.Delete(KubeResource.DaemonSets, "casemate-node", "casemate-node"), "AddonInstalled", "failed",
            "no DaemonSet casemate-node/casemate-node", "casemate addon install --image IMAGE"),
        ["an agent that is not rolled out"] = (
            c => c.Server.Change(KubeResource.DaemonSets, "casemate-node", "casemate-node", "x", one => one["status"]!["numberAvailable"] = 0),
            "AgentRollout", "failed", "0 of 1 pods are available", "describe daemonset/casemate-node"),
        ["an image that cannot be pulled"] = (
            c => c.PutPod("casemate-node", "casemate-node-x", "Pending", "n1", Waits("ImagePullBackOff", "Back-off pulling image")),
            "AgentPods", "failed", "ImagePullBackOff: Back-off pulling image", "--image"),
        ["an agent that crashes"] = (
            c => c.PutPod("casemate-node", "casemate-node-x", "Running", "n1", Waits("CrashLoopBackOff", "")),
            "AgentPods", "failed", "CrashLoopBackOff", "logs casemate-node-x --all-containers --previous"),
        ["Intel's plugin beside"] = (
            c => c.Put(KubeResource.DaemonSets, "inteldeviceplugins-system", "intel-sgx-plugin", []), "OtherPlugins", "failed",
            "intel-sgx-plugin publishes sgx.intel.com/epc", "kubectl delete daemonset"),
        ["AKS's add-on beside"] = (
            c => c.Put(KubeResource.DaemonSets, "kube-system", "sgx-plugin", []), "OtherPlugins", "failed",
            "kube-system/sgx-plugin", "az aks disable-addons --addons confcom"),
        ["AKS-Engine's plugin beside"] = (
            c => c.Put(KubeResource.DaemonSets, "kube-system", "sgx-device-plugin", []), "OtherPlugins", "failed",
            "kube-system/sgx-device-plugin", "kubectl delete daemonset"),
        ["Open Enclave's plugin beside"] = (
            c => c.Put(KubeResource.DaemonSets, "kube-system", "oe-sgx-device-plugin", []), "OtherPlugins", "failed",
            "openenclave.io/sgx_epc_MiB", "kubectl delete daemonset"),
        ["no EPC"] = (
            c => c.SetAmounts((capacity, allocatable) => Remove(capacity, allocatable, ResourceFamily.Intel.Name)), "EpcOffered", "warning",
            "none of 1 nodes", "casemate doctor node"),
        ["a plugin that went away"] = (
            c => c.SetAmounts((_, allocatable) => allocatable[AccessResource.Enclave] = "0"), "EpcAdvertised", "failed",
            "sgx.intel.com/enclave capacity 110, allocatable 0", "rollout restart daemonset/casemate-node"),
        ["a plugin that went away long ago"] = (
            c => c.SetAmounts((capacity, allocatable) => Set(capacity, allocatable, AccessResource.Provision, "0")),
            "EpcAdvertised", "failed", "gone for five minutes", "rollout restart"),
        ["a name that stayed behind the add-on"] = (
            c =>
            {
                c.SetAmounts((_, allocatable) => allocatable[AccessResource.Enclave] = "0");
                c.Server.Delete(KubeResource.DaemonSets, "casemate-node", "casemate-node");
            }, "EpcAdvertised", "warning", "the kubelet keeps at 0 until it starts again", "systemctl restart kubelet"),
        ["unhealthy devices"] = (
            c => c.SetAmounts((_, allocatable) => allocatable[AccessResource.Enclave] = "100"), "EpcAdvertised", "warning", "unhealthy", "logs"),
        ["a list that is too long"] = (
            c => c.SetAmounts((capacity, allocatable) =>
            {
                capacity[ResourceFamily.OpenEnclave.Name] = "262144";
                allocatable[ResourceFamily.OpenEnclave.Name] = "0";
            }), "EpcListLimit", "failed", "4 MiB message", "as a number instead"),
        ["EPC under two names"] = (
            c => c.SetAmounts((capacity, allocatable) => Set(capacity, allocatable, ResourceFamily.Azure.Name, "28")),
            "EpcTwice", "failed", "the same memory is promised under each name", "--show-managed-fields"),
        ["EPC without the device"] = (
            c => c.SetAmounts((capacity, allocatable) => Remove(capacity, allocatable, AccessResource.Enclave)), "EnclaveDevice", "failed",
            "no sgx.intel.com/enclave", "kubectl -n casemate-node logs"),
        ["EPC without the webhook"] = (
            c => c.Server.Delete(KubeResource.MutatingWebhookConfigurations, null, Webhook), "EnclaveDevice", "failed",
            "nobody adds sgx.intel.com/enclave", "sgx.intel.com/enclave: 1"),
        ["a leak"] = (
            c => c.SetCondition(NodeMarks.SgxEpcLeak, "True", "PagesLeaked"), "NodeConditions", "failed", "PagesLeaked", "kubectl drain n1"),
        ["a conflict"] = (
            c => c.SetCondition(NodeMarks.SgxEpcConflict, "True", "TwoWriters", "somebody writes"), "NodeConditions", "failed", "somebody writes", "Keep one"),
        ["a driver that is gone"] = (
            c => c.SetCondition(NodeMarks.SgxReady, "False", "DeviceGone"), "NodeConditions", "failed", "DeviceGone", "casemate doctor node"),
        ["EPC that is not seen"] = (
            c => c.SetCondition(NodeMarks.EpcAdvertised, "False", "NotSeen"), "NodeConditions", "failed", "NotSeen", "logs ds/casemate-node"),
        ["too much EPC given"] = (
            c => c.SetCondition(NodeMarks.EpcOvercommitted, "True", "MoreThanCapacity"), "NodeConditions", "failed", "MoreThanCapacity", "drain"),
        ["no quotes on a node"] = (
            c => c.SetCondition(NodeMarks.SgxQuoteReady, "False", "Silent"), "NodeConditions", "failed", "Silent", "casemate quote-helper check"),
        ["a node that is not ready"] = (
            c => c.SetCondition("Ready", "Unknown", "NodeStatusUnknown"), "NodeConditions", "failed", "NodeStatusUnknown", "describe node n1"),
        ["a node that was refused"] = (
            c => c.SetCondition(NodeMarks.Attested, "False", "TcbOutOfDate"), "NodeConditions", "failed", "TcbOutOfDate", "diagnostics"),
        ["a node that waits"] = (
            c =>
            {
                c.SetCondition(NodeMarks.Attested, "False", "TcbOutOfDate");
                Taint(c);
            }, "StartupTaint", "failed", "TcbOutOfDate", "--attestation-url"),
        ["a taint that stayed"] = (
            Taint, "StartupTaint", "failed", "so no pod comes to it", "rollout restart daemonset/casemate-node"),
        ["a webhook that nobody asks"] = (
            c => c.Server.Delete(KubeResource.MutatingWebhookConfigurations, null, Webhook), "WebhookConfigured", "failed", "nobody asks it", "install"),
        ["a webhook that is not there"] = (
            c => c.Server.Delete(KubeResource.Deployments, Own, Webhook), "WebhookConfigured", "failed", "nobody answers",
            "kubectl delete mutatingwebhookconfiguration"),
        ["a webhook scaled to nothing"] = (
            c => c.Server.Change(KubeResource.Deployments, Own, Webhook, "kubectl", one => one["spec"]!["replicas"] = 0), "WebhookConfigured",
            "failed", "scaled to 0: nobody answers", "kubectl -n casemate-system scale deployment casemate-webhook --replicas=2"),
        ["conditions of an agent that is gone"] = (
            c =>
            {
                c.SetCondition(NodeMarks.SgxEpcLeak, "True", "PagesLeaked");
                c.Server.Delete(KubeResource.DaemonSets, "casemate-node", "casemate-node");
            }, "NodeConditions", "warning", "conditions of a node agent that is not there", "casemate addon uninstall takes them off"),
        ["no webhook at all"] = (
            c =>
            {
                c.Server.Delete(KubeResource.Deployments, Own, Webhook);
                c.Server.Delete(KubeResource.MutatingWebhookConfigurations, null, Webhook);
            }, "WebhookConfigured", "warning", "as their authors wrote them", "casemate addon install --no-webhook false"),
        ["no webhook and no add-on"] = (
            c =>
            {
                c.Server.Delete(KubeResource.Deployments, Own, Webhook);
                c.Server.Delete(KubeResource.MutatingWebhookConfigurations, null, Webhook);
                c.Server.Delete(KubeResource.DaemonSets, "casemate-node", "casemate-node");
            }, "WebhookConfigured", "warning", "as their authors wrote them", "casemate addon install --image IMAGE"),
        ["a webhook that can lock the cluster"] = (
            c => Hook(c, hook => hook["failurePolicy"] = "Fail"), "WebhookPolicy", "failed", "locks the cluster", "Ignore"),
        ["a webhook that sees kube-system"] = (
            c => Hook(c, hook => hook.Remove("namespaceSelector")), "WebhookPolicy", "warning", "kube-system", "casemate addon install"),
        ["no authority"] = (
            c => Hook(c, hook => ((JsonObject)hook["clientConfig"]!).Remove("caBundle")), "WebhookAuthorities", "failed", "no caBundle", "rollout restart"),
        ["an authority that is none"] = (
            c => Hook(c, hook => hook["clientConfig"]!["caBundle"] = "Z2FyYmFnZQ=="), "WebhookAuthorities", "failed", "no certificate", "rollout restart"),
        ["another authority"] = (
            c => Hook(c, hook => hook["clientConfig"]!["caBundle"] = Foreign()), "WebhookCertificate", "failed", "does not believe it", "rollout restart"),
        ["no certificate"] = (
            c => c.Server.Delete(KubeResource.Secrets, Own, "casemate-webhook-tls"), "WebhookCertificate", "failed", "there is no Secret", "rollout restart"),
        ["a certificate that is none"] = (
            c => c.Server.Change(KubeResource.Secrets, Own, "casemate-webhook-tls", "x", one => one["data"]!["tls.crt"] = "Z2FyYmFnZQ=="),
            "WebhookCertificate", "failed", "holds no certificate", "delete secret casemate-webhook-tls"),
        ["no endpoint"] = (c => c.PutEndpoints(0), "WebhookEndpoints", "failed", "none of 2 endpoints is ready", "get pods,endpointslices"),
        ["one endpoint"] = (c => c.PutEndpoints(1), "WebhookEndpoints", "warning", "one endpoint is ready", "get pods -o wide"),
        ["a webhook that cannot be reached"] = (
            c => c.Server.Unexpose(Own, Webhook), "WebhookAnswers", "failed", "came back as it was", "NetworkPolicy"),
        ["no quote helper"] = (
            c => c.Server.Delete(KubeResource.DaemonSets, "casemate-node", "casemate-quote-helper"), "QuoteHelperRollout", "warning",
            "get none", "casemate addon install --quote-helper"),
        ["no quote helper and no add-on"] = (
            c =>
            {
                c.Server.Delete(KubeResource.DaemonSets, "casemate-node", "casemate-quote-helper");
                c.Server.Delete(KubeResource.DaemonSets, "casemate-node", "casemate-node");
            }, "QuoteHelperRollout", "warning", "get none", "casemate addon install --image IMAGE --quote-helper"),
        ["a pod that waits for quotes"] = (
            c =>
            {
                c.Server.Delete(KubeResource.DaemonSets, "casemate-node", "casemate-quote-helper");
                c.PutPod("shop", "quoting", "Running", "n1", pod => pod["spec"]!["containers"]![0]!["env"] =
                    new JsonArray(new JsonObject { ["name"] = "SGX_AESM_ADDR", ["value"] = "1" }));
            }, "QuoteHelperWanted", "failed", "shop/quoting expects AESM", "casemate addon install --quote-helper"),
        ["a pod that is too large"] = (
            c => c.PutPod("shop", "large", "Pending", null, (ResourceFamily.Intel.Name, "16Gi")), "PodEpcTooLarge", "failed",
            "shop/large asks for sgx.intel.com/epc", "Ask for less"),
        ["bytes where MiB were meant"] = (
            c => c.PutPod("shop", "tiny", "Pending", null, (ResourceFamily.Intel.Name, "10")), "PodEpcUnits", "failed", "10 bytes", "10Mi"),
        ["MiB with a suffix"] = (
            c => c.PutPod("shop", "suffix", "Pending", null, (ResourceFamily.Azure.Name, "10Mi")), "PodEpcUnits", "failed", "one too many", ": 10."),
        ["a name that no node has"] = (
            c => c.PutPod("shop", "old", "Pending", null, (ResourceFamily.OpenEnclave.Name, "10")), "PodUnknownResource", "failed",
            "openenclave.io/sgx_epc_MiB", "let the webhook translate"),
        ["a name that nobody knows"] = (
            c => c.PutPod("shop", "odd", "Pending", null, ("sgx.intel.com/sgx_epc_mem_in_MiB", "10")), "PodUnknownResource", "failed",
            "sgx.intel.com/sgx_epc_mem_in_MiB", "write sgx.intel.com/epc"),
        ["a pod that takes the device by hand"] = (
            c => c.PutPod("shop", "manual", "Running", "n1", pod =>
            {
                pod["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "sgx", ["hostPath"] = new JsonObject { ["path"] = "/dev/sgx" } });
                pod["spec"]!["containers"]![0]!["securityContext"] = new JsonObject { ["privileged"] = true };
            }), "PodPrivilegedSgx", "warning", "mounts /dev/sgx from the host and is privileged", "Leave out the volume"),
        ["a hostPath that Pod Security refuses"] = (
            c => c.Put(KubeResource.Events, "shop", "event-1", new JsonObject
            {
                ["reason"] = "FailedCreate",
                ["type"] = "Warning",
                ["regarding"] = new JsonObject { ["kind"] = "ReplicaSet", ["name"] = "hello-1", ["namespace"] = "shop" },
                ["note"] = "pods \"hello-1-x\" is forbidden: violates PodSecurity \"baseline:latest\": hostPath volumes (volume \"var-run-aesmd\")",
            }), "PodHostPathDenied", "failed", "ReplicaSet shop/hello-1", "Leave out the hostPath volume"),
        ["a quota that is used up"] = (
            c => c.Put(KubeResource.ResourceQuotas, "shop", "epc", new JsonObject
            {
                ["status"] = new JsonObject
                {
                    ["hard"] = new JsonObject { ["requests.sgx.intel.com/epc"] = "64Mi" },
                    ["used"] = new JsonObject { ["requests.sgx.intel.com/epc"] = "64Mi" },
                },
            }), "EpcQuota", "warning", "used 64Mi of 64Mi", "edit resourcequota epc"),
    };

    public static TheoryData<string> Situations => [.. s_broken.Keys];

    [Fact]
    public async Task FindsNothing_InAClusterThatIsWell()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        var run = await cluster.AskAsync();

        Assert.Empty(run.With("failed"));
        Assert.Empty(run.With("warning").Except(["ServerClock"]));          // answers of a loaded machine come late
        Assert.All(run.With("not-checked"), id => run.Has(id, "not-checked", "nothing to look at: ", ""));
        Assert.Equal(ExitCode.Success, run.ExitCode);
        run.Has("WebhookAnswers", "passed", "came back completed", "");
        run.Has("NodeClocks", "passed", "Leases of 1 nodes", "");
    }

    [Theory]
    [MemberData(nameof(Situations))]
    public async Task Finds(string situation)
    {
        var (breakIt, id, outcome, evidence, fix) = s_broken[situation];
        await using var cluster = await HealthyCluster.StartAsync();
        cluster.Server.CompleteWorkloads = false;
        breakIt(cluster);
        var run = await cluster.AskAsync();

        run.Has(id, outcome, evidence, fix);
        Assert.Equal(run.With("failed").Count > 0 ? ExitCode.Refused : ExitCode.Success, run.ExitCode);
    }

    [Fact]
    public async Task EveryQuestion_Stands_AlsoWhereThereIsNothingToLookAt()
    {
        await using var server = await TestApiServer.StartAsync();
        var run = await DoctorLine.RunAsync(server.Address, "cluster", "-o", "json");
        var pod = await DoctorLine.RunAsync(server.Address, "cluster", "--pod", "shop/none", "-o", "json");
        var shown = await DoctorLine.RunAsync(server.Address, "cluster", "-v");

        Assert.All(DoctorQuestions.OfCluster, id => Assert.NotEmpty(run.Of(id.ToString())));
        Assert.All(DoctorQuestions.OfPod, id => Assert.NotEmpty(pod.Of(id.ToString())));
        Assert.All(DoctorQuestions.OfCluster, id => Assert.Contains($"  {id}", shown.Output, StringComparison.Ordinal));
        run.Has("NodeClocks", "not-checked", "nothing to look at: no ready node has a Lease", "");
        run.Has("WebhookAnswers", "not-checked", "nothing to look at: there is no MutatingWebhookConfiguration", "");
        Assert.Matches(@"passed; \d+ had nothing to look at\n$", shown.Output);
        Assert.DoesNotContain("nothing to look at: ", (await DoctorLine.RunAsync(server.Address, "cluster")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatCouldNotBeSeen_IsNotCalledNothing()
    {
        await using var server = await TestApiServer.StartAsync();
        server.Refuse(
            1000, new ApiFault(403, "Forbidden", "forbidden: User \"jane\" cannot list nodes"),
            request => request.Path.EndsWith("/nodes", StringComparison.Ordinal));

        (await DoctorLine.RunAsync(server.Address, "cluster", "-o", "json")).Has(
            "EpcListLimit", "not-checked", "EpcAdvertised could not be looked at", "");
    }

    [Fact]
    public async Task ChangesNothing()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        var (before, version) = (cluster.Server.Requests.Count, cluster.Server.Version);
        await cluster.AskAsync();
        await cluster.AskAsync("--pod", "default/app");

        Assert.Equal(version, cluster.Server.Version);
        Assert.All(
            cluster.Server.Requests.Skip(before).Where(request => request.Token == "test-token" && request.Method != "GET"
                && !request.Path.Contains("/leases", StringComparison.Ordinal)),
            request => Assert.Equal("POST All", $"{request.Method} {request.Query.GetValueOrDefault("dryRun")}"));
    }

    [Fact]
    public async Task FindsThatTheClocksDiffer()
    {
        await using var server = await TestApiServer.StartAsync();
        var run = await DoctorLine.RunAsync(new Ahead(TimeSpan.FromMinutes(10)), server.Address, "cluster", "-o", "json");

        run.Has("ServerClock", "failed", "earlier than this machine's clock", "timedatectl");
        (await DoctorLine.RunAsync(new Ahead(TimeSpan.FromMinutes(10)), server.Address, "node", "--context", "a", "--simulate", "dc2s_v3", "-o", "json")).Has(
            "Clock", "failed", "earlier than this machine's clock", "timedatectl");
    }

    [Fact]
    public async Task TellsWhichRightIsMissing_AndAnswersTheRest()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        cluster.Server.Refuse(
            100, new ApiFault(403, "Forbidden", "pods is forbidden: User \"jane\" cannot list resource \"pods\""),
            request => request.Method == "GET" && request.Path.EndsWith("/pods", StringComparison.Ordinal));
        var run = await cluster.AskAsync();

        run.Has("PodEpcTooLarge", "not-checked", "cannot list resource", "Ask for that right");
        run.Has("EpcAdvertised", "passed", "", "");
        Assert.Equal(ExitCode.Success, run.ExitCode);
    }

    [Fact]
    public async Task EndsWith5_WhereNothingMayBeSeen()
    {
        await using var server = await TestApiServer.StartAsync();
        server.Refuse(
            1000, new ApiFault(403, "Forbidden", "forbidden: User \"jane\" cannot do that"),
            request => request.Path.Trim('/') is not ("version" or "api" or "apis"));

        var run = await DoctorLine.RunAsync(server.Address, "cluster", "-o", "json");

        Assert.Empty(run.With("failed"));
        Assert.Equal(ExitCode.NotPermitted, run.ExitCode);
    }

    [Fact]
    public async Task EndsWith5_WhereTheCredentialIsNotTaken()
    {
        await using var server = await TestApiServer.StartAsync();
        server.AcceptedToken = "another";
        var run = await DoctorLine.RunAsync(server.Address, "cluster", "-o", "json");

        Assert.Equal(ExitCode.NotPermitted, run.ExitCode);
        run.Has("ApiServer", "failed", "", "Log in");
    }

    [Fact]
    public async Task EndsWith4_WhereNobodyAnswers()
    {
        var run = await DoctorLine.RunAsync(new Uri("http://127.0.0.1:1/"), "cluster", "-o", "json");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        run.Has("ApiServer", "failed", "cannot be reached", "kubectl get --raw /readyz");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", "[[[[")]
    [InlineData("garbage", "garbage")]
    public async Task EndsWith4_WhereTheAnswerNeverEnds_OrIsNone(string first, string forEver)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(listener, Encoding.ASCII.GetBytes(first), Encoding.ASCII.GetBytes(forEver), stop.Token);
        var run = await DoctorLine.RunAsync(
            new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"), "cluster", "-o", "json", "--timeout", "2");
        await stop.CancelAsync();
        await serving;

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Equal("failed", Assert.Single(run.Of("ApiServer")).Outcome);
    }

    [Fact]
    public async Task IsNotHeldUp_ByAnAnswerThatDoesNotCome()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        using var slow = cluster.Server.Slow(request => request.Path.EndsWith("/resourcequotas", StringComparison.Ordinal));
        var run = await cluster.AskAsync(15);

        Assert.Equal("not-checked", Assert.Single(run.Of("EpcQuota")).Outcome);
        run.Has("EpcAdvertised", "passed", "", "");
    }

    [Fact]
    public async Task TellsTwentyOfAKind_AndHowManyMore()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        for (var i = 0; i < 25; i++)
        {
            cluster.PutPod("shop", $"large-{i}", "Pending", null, (ResourceFamily.Intel.Name, "16Gi"));
        }

        var run = await cluster.AskAsync();

        Assert.Equal(21, run.Of("PodEpcTooLarge").Count);
        run.Has("PodEpcTooLarge", "failed", "5 more of this kind", "Ask for less");
    }

    [Fact]
    public async Task Plain_LooksAtTheClusterThatIsNamed_AndAtThisMachineWhereNoneAnswers()
    {
        await using var server = await TestApiServer.StartAsync();
        var none = Path.Combine(Path.GetTempPath(), "no-kubelet-here");
        var cluster = await DoctorLine.RunAsync(server.Address);
        var node = await DoctorLine.RunAsync("--kubelet-dir", none);
        var both = await DoctorLine.RunAsync("--kubelet-dir", none, "--pod", "a/b");

        // A developer's machine that is itself a node is looked at as one.
        if (!Directory.Exists("/var/lib/kubelet"))
        {
            Assert.Contains("this is about the cluster", cluster.Error, StringComparison.Ordinal);
            Assert.StartsWith("cluster: ", cluster.Output, StringComparison.Ordinal);
            Assert.Contains(", context 'a')\n", cluster.Output, StringComparison.Ordinal);
            var away = await DoctorLine.RunAsync(new Uri("http://127.0.0.1:1/"));
            Assert.Contains("cannot be reached: this is about this machine", away.Error, StringComparison.Ordinal);
            Assert.StartsWith("node: ", away.Output, StringComparison.Ordinal);
        }

        Assert.Contains("this is about this machine", node.Error, StringComparison.Ordinal);
        Assert.StartsWith("node: ", node.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, both.ExitCode);
    }

    private static Action<JsonObject> Waits(string reason, string message) => pod =>
    {
        pod["status"]!["conditions"] = new JsonArray();
        pod["status"]!["containerStatuses"] = new JsonArray(new JsonObject
        {
            ["name"] = "node",
            ["state"] = new JsonObject { ["waiting"] = new JsonObject { ["reason"] = reason, ["message"] = message } },
        });
    };

    private static void Remove(JsonObject capacity, JsonObject allocatable, string name)
    {
        capacity.Remove(name);
        allocatable.Remove(name);
    }

    private static void Set(JsonObject capacity, JsonObject allocatable, string name, string amount)
    {
        capacity[name] = amount;
        allocatable[name] = amount;
    }

    private static void Taint(HealthyCluster cluster) => cluster.Node.Change("x", node => node["spec"]!["taints"] = new JsonArray(
        new JsonObject { ["key"] = NodeMarks.StartupTaint, ["value"] = "true", ["effect"] = "NoSchedule" }));

    private static void Hook(HealthyCluster cluster, Action<JsonObject> change) => cluster.Server.Change(
        KubeResource.MutatingWebhookConfigurations, null, Webhook, "x", one => change((JsonObject)one["webhooks"]![0]!));

    private static string Foreign() => Convert.ToBase64String(Encoding.ASCII.GetBytes(
        CertificateSet.Advance(null, ["other.example"], DateTimeOffset.UtcNow).AuthoritiesPem));

    private static async Task ServeAsync(TcpListener listener, byte[] first, byte[] forEver, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var peer = await listener.AcceptSocketAsync(stop);
                _ = Task.Run(
                    async () =>
                    {
                        try
                        {
                            await peer.SendAsync(first, stop);
                            while (true)
                            {
                                await peer.SendAsync(forEver, stop);
                            }
                        }
                        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
                        {
                            peer.Dispose();
                        }
                    },
                    CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private sealed class Ahead(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + by;
    }
}
