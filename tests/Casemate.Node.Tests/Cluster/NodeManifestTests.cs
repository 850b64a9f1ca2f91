using System.Text.RegularExpressions;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Machines;
using Casemate.Node.NodeObject;
using Casemate.Testing;
using YamlDotNet.RepresentationModel;

namespace Casemate.Node.Tests.Cluster;

/// <summary>The node agent's manifests against the names and keys of the program.</summary>
public sealed partial class NodeManifestTests
{
    private const string Directory = "deploy/bases/node/";
    private const string DaemonSetFile = "deploy/overlays/generic/node-40-daemonset.yaml";
    private const string PolicyFile = Directory + "20-admission-policy.yaml";
    private const string Account = "system:serviceaccount:casemate-node:casemate-node";

    private static YamlMappingNode Policy => Manifest.Only(Manifest.Load(PolicyFile), "ValidatingAdmissionPolicy");

    private static YamlMappingNode DaemonSet => Manifest.Only(Manifest.Load(DaemonSetFile), "DaemonSet");

    private static YamlNode Pod => Manifest.At(DaemonSet, "spec", "template", "spec");

    private static YamlNode Container => Assert.Single(Manifest.List(Pod, "containers"));

    [Fact]
    public void ThePolicy_KnowsEveryKeyThatTheAgentWrites()
    {
        var families = ResourceFamily.All.Select(family => family.Name).ToList();
        Assert.Equal(families, Listed("amounts"));
        Assert.Equal(NodeMarks.Conditions, Listed("conditions"));
        Assert.Equal(families.Append(NodeMarks.StartupTaint), Listed("taints"));

        var plans = Plans().ToList();
        var foreign = plans.SelectMany(plan => plan.Labels).Select(label => label.Key)
            .Where(key => !key.StartsWith("casemate.dev/", StringComparison.Ordinal)).Distinct().Order();
        Assert.Equal(foreign, Listed("labels").Order());
        Assert.Empty(plans.SelectMany(plan => plan.Taints).Select(taint => taint.Key).Except(Listed("taints")));
        Assert.All(
            (string[])
            [
                NodeMarks.AttestedLabel, NodeMarks.AttestedAtAnnotation, NodeMarks.AttestedBootAnnotation, NodeMarks.TaintsAnnotation,
            ],
            key => Assert.StartsWith("casemate.dev/", key, StringComparison.Ordinal));
    }

    [Fact]
    public void ThePolicy_LooksAtEveryVariableThatItNames_AndAtNoOther()
    {
        var named = Manifest.List(Policy, "spec", "variables").Select(variable => Manifest.Text(variable, "name")).ToHashSet();
        var used = Manifest.List(Policy, "spec", "validations")
            .SelectMany(validation => ((YamlMappingNode)validation).Children.Values)
            .SelectMany(text => Variable().Matches(((YamlScalarNode)text).Value!)).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Equal(named.Order(), used.Order());
    }

    // No CEL is evaluated here; a parenthesis or quote that is missing would still make the API server refuse the policy.
    [Fact]
    public void ThePolicys_ExpressionsAreWhole()
    {
        foreach (var expression in Manifest.List(Policy, "spec", "validations").Concat(Manifest.List(Policy, "spec", "variables"))
            .Select(item => Manifest.Text(item, "expression")))
        {
            var bare = Quoted().Replace(expression, "''");
            Assert.Equal(bare.Count(c => c == '('), bare.Count(c => c == ')'));
            Assert.Equal(bare.Count(c => c == '['), bare.Count(c => c == ']'));
            Assert.Equal(bare.Count(c => c == '{'), bare.Count(c => c == '}'));
            Assert.Equal(0, bare.Count(c => c == '\'') % 2);
        }
    }

    [Fact]
    public void ThePolicy_FailsClosed_AndIsInForce()
    {
        Assert.Equal("Fail", Manifest.Text(Policy, "spec", "failurePolicy"));
        var rule = Assert.Single(Manifest.List(Policy, "spec", "matchConstraints", "resourceRules"));
        Assert.Equal(["CREATE", "UPDATE"], Manifest.Words(rule, "operations"));
        Assert.Equal(["nodes", "nodes/status"], Manifest.Words(rule, "resources"));
        var binding = Manifest.Only(Manifest.Load(PolicyFile), "ValidatingAdmissionPolicyBinding");
        Assert.Equal(Manifest.Text(Policy, "metadata", "name"), Manifest.Text(binding, "spec", "policyName"));
        Assert.Equal(["Deny"], Manifest.Words(binding, "spec", "validationActions"));
    }

    // NodeSpec and NodeStatus of core/v1; externalID and configSource are taken no more.
    [Theory]
    [InlineData("spec", "podCIDR", "podCIDRs", "providerID", "unschedulable", "taints")]
    [InlineData(
        "status", "capacity", "allocatable", "phase", "conditions", "addresses", "daemonEndpoints", "nodeInfo", "images", "volumesInUse",
        "volumesAttached", "config", "runtimeHandlers", "features", "declaredFeatures")]
    public void ThePolicy_LooksAtEveryFieldOfANode(string part, params string[] fields)
    {
        var text = string.Join(
            '\n', Manifest.List(Policy, "spec", "validations").Concat(Manifest.List(Policy, "spec", "variables"))
                .Select(item => Manifest.Text(item, "expression")));

        Assert.All(fields, field =>
        {
            Assert.Matches($@"\bobject\.{part}\.\?{field}\b", text);
            Assert.Matches($@"\boldObject\.{part}\.\?{field}\b", text);
        });
    }

    // The scheduler takes the highest generation of a pool: a slice in another node's pool would hide that node's devices.
    [Fact]
    public void ThePolicyOfSlices_BoundsDriverAndPool_BesideTheNode()
    {
        var policy = Assert.Single(
            Manifest.Load("deploy/bases/dra/20-rbac.yaml"),
            document => Manifest.Text(document, "kind") == "ValidatingAdmissionPolicy"
                && Manifest.Text(document, "metadata", "name") == "casemate-dra-own-node");
        var text = string.Join('\n', Manifest.List(policy, "spec", "validations").Select(item => Manifest.Text(item, "expression")));

        Assert.Contains($"object.spec.driver == '{Casemate.Node.Dra.DraNames.Driver}'", text, StringComparison.Ordinal);
        Assert.Contains($"oldObject.spec.driver == '{Casemate.Node.Dra.DraNames.Driver}'", text, StringComparison.Ordinal);
        Assert.Contains("object.spec.pool.name == variables.userNode", text, StringComparison.Ordinal);
        Assert.Contains("oldObject.spec.?nodeName.orValue('') == variables.userNode", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PolicyFile)]
    [InlineData("deploy/bases/dra/20-rbac.yaml")]
    public void EveryPolicy_IsAboutTheAgentsOwnAccount(string file)
    {
        var policies = Manifest.Load(file).Where(document => Manifest.Text(document, "kind") == "ValidatingAdmissionPolicy").ToList();

        Assert.NotEmpty(policies);
        Assert.All(policies, policy => Assert.Equal(
            $"request.userInfo.username == \"{Account}\"",
            Manifest.Text(Assert.Single(Manifest.List(policy, "spec", "matchConditions")), "expression")));
    }

    [Theory]
    [InlineData(Directory + "10-rbac.yaml")]
    [InlineData("deploy/bases/dra/20-rbac.yaml")]
    public void EveryRole_IsBoundToTheAgentsAccount(string file)
    {
        var documents = Manifest.Load(file);
        var roles = documents.Where(document => Manifest.Text(document, "kind") is "ClusterRole" or "Role")
            .Select(role => $"{Manifest.Text(role, "kind")} {Manifest.Text(role, "metadata", "name")}").ToList();
        var bindings = documents.Where(document => Manifest.Text(document, "kind") is "ClusterRoleBinding" or "RoleBinding").ToList();

        Assert.Equal(
            roles.Order(),
            bindings.Select(one => $"{Manifest.Text(one, "roleRef", "kind")} {Manifest.Text(one, "roleRef", "name")}").Order());
        Assert.All(bindings, binding =>
        {
            var subject = Assert.Single(Manifest.List(binding, "subjects"));
            Assert.Equal(Account, $"system:serviceaccount:{Manifest.Text(subject, "namespace")}:{Manifest.Text(subject, "name")}");
        });
    }

    [Fact]
    public void TheDaemonSet_RunsAsThatAccount_WithoutPrivileges()
    {
        Assert.Equal(
            Account,
            $"system:serviceaccount:{Manifest.Text(DaemonSet, "metadata", "namespace")}:{Manifest.Text(Pod, "serviceAccountName")}");
        var security = Manifest.At(Container, "securityContext");
        Assert.Equal("false", Manifest.Text(security, "privileged"));
        Assert.Equal("false", Manifest.Text(security, "allowPrivilegeEscalation"));
        Assert.Equal("true", Manifest.Text(security, "readOnlyRootFilesystem"));
        Assert.Equal(["ALL"], Manifest.Words(security, "capabilities", "drop"));
        Assert.Equal("RuntimeDefault", Manifest.Text(security, "seccompProfile", "type"));
        Assert.DoesNotContain(
            ((YamlMappingNode)Pod).Children.Keys.Select(key => ((YamlScalarNode)key).Value),
            key => key is "hostNetwork" or "hostPID" or "hostIPC");
    }

    [Fact]
    public void TheDaemonSet_WritesToOneDirectoryOfTheHost()
    {
        var paths = Manifest.List(Pod, "volumes").Where(volume => ((YamlMappingNode)volume).Children.ContainsKey("hostPath"))
            .ToDictionary(volume => Manifest.Text(volume, "name"), volume => Manifest.Text(volume, "hostPath", "path"));
        var writable = Manifest.List(Container, "volumeMounts")
            .Where(mount => !((YamlMappingNode)mount).Children.ContainsKey("readOnly") && paths.ContainsKey(Manifest.Text(mount, "name")))
            .Select(mount => paths[Manifest.Text(mount, "name")]);

        Assert.Equal(["/var/lib/kubelet/device-plugins"], writable);
        Assert.Equal(
            [
                "/dev", "/proc/cpuinfo", "/proc/sys/kernel/osrelease", "/sys", "/var/lib/kubelet/device-plugins",
                "/var/lib/kubelet/pod-resources",
            ],
            paths.Values.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TheDaemonSet_GivesTheNodesName_AndFlagsThatExist()
    {
        var name = Assert.Single(Manifest.List(Container, "env"));
        Assert.Equal("NODE_NAME", Manifest.Text(name, "name"));
        Assert.Equal("spec.nodeName", Manifest.Text(name, "valueFrom", "fieldRef", "fieldPath"));
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, DaemonSetFile));
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "node.md"));
        var flags = Flag().Matches(text).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(flags);
        Assert.All(flags, flag => Assert.Matches($@"\| `{flag}[ `]", page));
    }

    [Fact]
    public void TheDaemonSet_ToleratesTheStartupTaint_AndItsNextAgentComesBeforeTheLastOneGoes()
    {
        Assert.Equal("Exists", Manifest.Text(Assert.Single(Manifest.List(Pod, "tolerations")), "operator"));
        Assert.Equal("0", Manifest.Text(DaemonSet, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"));
        Assert.Equal("1", Manifest.Text(DaemonSet, "spec", "updateStrategy", "rollingUpdate", "maxSurge"));
    }

    private static IEnumerable<AdvertisementPlan> Plans()
    {
        foreach (var name in DescribedMachine.Names)
        {
            Assert.True(DescribedMachine.TryLoad(name, out var machine, out var error), error);
            var hardware = new Casemate.Node.Discovery.HardwareScanner(machine!.Sources).Scan();
            foreach (var family in ResourceFamily.All.Append(null))
            {
                yield return AdvertisementPlan.Make(hardware, new AdvertisementSettings
                {
                    Family = family,
                    TaintByFamily = true,
                    TaintAsAksEngine = true,
                });
            }
        }
    }

    private static IReadOnlyList<string> Listed(string variable)
    {
        var found = Assert.Single(Manifest.List(Policy, "spec", "variables"), item => Manifest.Text(item, "name") == variable);
        return [.. Quoted().Matches(Manifest.Text(found, "expression")).Select(match => match.Value.Trim('\''))];
    }

    [GeneratedRegex("'[^']*'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"variables\.(\w+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"- (--[a-z-]+)")]
    private static partial Regex Flag();
}
