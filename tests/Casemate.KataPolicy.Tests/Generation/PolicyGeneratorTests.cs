using System.Text;
using Casemate.KataPolicy.Derivation;
using Casemate.KataPolicy.Generation;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;
using Casemate.KataPolicy.Tests.Manifests;

namespace Casemate.KataPolicy.Tests.Generation;

public sealed class PolicyGeneratorTests(SampleImages images) : IClassFixture<SampleImages>
{
    private const string Pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web # ours\nspec:\n  containers:\n  - name: app\n    image: registry.example/app:1\n";

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writes_TheSameBytes_WheneverItRuns()
    {
        var first = await images.GenerateAsync(new GenerationOptions(), BuiltInProfiles.KataSnp, Manifest.Read(Pod));
        var second = await images.GenerateAsync(new GenerationOptions(), BuiltInProfiles.KataSnp, Manifest.Read(Pod));

        Assert.Equal(first.Files[0].Content, second.Files[0].Content);
    }

    [Fact]
    public async Task Changes_NothingBeyondTheAnnotation_WhenRunOnItsOwnOutput()
    {
        var once = (await images.GenerateAsync(new GenerationOptions(), BuiltInProfiles.KataSnp, Manifest.Read(Pod))).Files[0].Content!;

        var twice = await images.GenerateAsync(
            new GenerationOptions(), BuiltInProfiles.KataSnp, ManifestFile.Read("app.yaml", once, ManifestOptions.Default));

        Assert.Equal(once, twice.Files[0].Content);
    }

    [Fact]
    public async Task Locks_ImagesByDigest_AndKeepsTheTagInAnAnnotation()
    {
        var result = await images.GenerateAsync(new GenerationOptions { LockDigests = true }, BuiltInProfiles.KataSnp, Manifest.Read(Pod));

        var text = Encoding.UTF8.GetString(result.Files[0].Content!);
        Assert.Contains("    image: registry.example/app@sha256:", text, StringComparison.Ordinal);
        Assert.Contains($"{PolicyAnnotation.ImageTagPrefix}app: \"registry.example/app:1\"", text, StringComparison.Ordinal);
        Assert.Contains("name: web # ours\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MakesTheSamePolicy_WithAndWithoutTheTagsThatItWrote()
    {
        var locking = new GenerationOptions { LockDigests = true };
        var once = await images.GenerateAsync(locking, BuiltInProfiles.KataSnp, Manifest.Read(Pod));
        var again = await images.GenerateAsync(
            locking, BuiltInProfiles.KataSnp,
            Manifest.Read(Pod.Replace("spec:", "  annotations: {casemate.dev/image-tag.app: \"registry.example/app:1\"}\nspec:", StringComparison.Ordinal)));

        var policy = once.Files[0].Workloads[0].Policy;
        Assert.Equal(policy, again.Files[0].Workloads[0].Policy);
        Assert.True(Rego.RegoCompiler.Compile("p.rego", policy, new Rego.RegoCompileOptions { Version = Rego.RegoVersion.V0 }).Succeeded);
        Assert.Contains("casemate.dev/image-tag.", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("casemate.dev/image-tag.app", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_OtherEntriesOfInitdata()
    {
        var initdata = InitdataDocument.Create("sha384", [new("aa.toml", "[token]\n"), new("policy.rego", "old")]);

        var result = await images.GenerateAsync(
            new GenerationOptions { Initdata = initdata }, BuiltInProfiles.KataSnp, Manifest.Read(Pod));

        var made = result.Files[0].Workloads[0];
        Assert.Equal("sha384", made.Initdata.Algorithm);
        Assert.Equal("[token]\n", made.Initdata.Data["aa.toml"]);
        Assert.Equal(made.Policy, made.Initdata.Data["policy.rego"]);
    }

    [Fact]
    public async Task Writes_BothForms_WhenAsked()
    {
        var result = await images.GenerateAsync(
            new GenerationOptions { WriteAgentPolicy = true }, BuiltInProfiles.Aks, Manifest.Read(Pod));

        Assert.Equal([PolicyAnnotation.Initdata, PolicyAnnotation.AgentPolicy], result.Files[0].Workloads[0].Annotations.Select(one => one.Key));
    }

    [Fact]
    public async Task Refuses_MoreAnnotationsThanKubernetesTakes_WithTheSizeOfEachPart()
    {
        var random = new Random(7);
        var policy = "package agent_policy\n" + string.Concat(
            Enumerable.Range(0, 6000).Select(_ => $"# {Convert.ToHexString(Enumerable.Range(0, 50).Select(_ => (byte)random.Next(256)).ToArray())}\n"));

        var result = await PolicyGenerator.GenerateAsync(
            [Manifest.Read(Pod)], [], new FixedPolicy(new PodPolicy { Text = policy }), new GenerationOptions(), Cancel);

        var finding = Assert.Single(result.Findings);
        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.Contains("cc_init_data", finding.Message, StringComparison.Ordinal);
        Assert.Contains("262144", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Places_FindingsOfTheDerivation_InTheFile()
    {
        var result = await PolicyGenerator.GenerateAsync(
            [Manifest.Read(Pod)], [],
            new FixedPolicy(new PodPolicy { Findings = [PolicyFinding.Error("spec.containers[0].image", "no", "yes")] }), new GenerationOptions(),
            Cancel);

        Assert.Equal("app.yaml:8:5", Assert.Single(result.Findings).Location!.ToString());
        Assert.Null(result.Files[0].Content);
    }

    [Fact]
    public async Task Offers_InputsOfEveryFile()
    {
        var source = new FixedPolicy(new PodPolicy { Text = "package agent_policy\n" });

        await PolicyGenerator.GenerateAsync(
            [Manifest.Read(Pod + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")],
            [Manifest.Read("apiVersion: v1\nkind: Secret\nmetadata: {name: b}\n")], source, new GenerationOptions(), Cancel);

        Assert.NotNull(source.Inputs!.FindConfigMap("a", null));
        Assert.NotNull(source.Inputs.FindSecret("b", "anywhere"));
    }

    [Theory]
    [InlineData("package agent_policy\n\nCreateContainerRequest {\n  input.x ==\n}\n", 5)]
    [InlineData("package agent_policy\n\nCreateContainerRequest {\n  unknown == policy_data\n}\n", 4)]
    [InlineData("package agent_policy\n\nCreateContainerRequest {\n", 4)]
    [InlineData("default CreateContainerRequest := true\n", 1)]
    [InlineData("", 1)]
    public void NamesThePlace_WhereOwnRulesCannotBeRead(string rules, int line)
    {
        var finding = Assert.Single(CustomRules.Check("rules.rego", rules));

        Assert.Equal((FindingSeverity.Error, "rules.rego", line), (finding.Severity, finding.Location!.File, finding.Location.Line));
        Assert.StartsWith("the agent would refuse these rules: ", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("package agent_policy\ndefault CreateContainerRequest := true\n")]
    [InlineData("package agent_policy\nimport future.keywords.in\nCreateContainerRequest { some c in policy_data.containers; c.name == input.name }\n")]
    public void FindsNothing_InOwnRulesOfTheAgentsDialect(string rules) => Assert.Empty(CustomRules.Check("rules.rego", rules));

    [Fact]
    public async Task SaysNothing_OfWhatLacks_BecauseItsFileIsBroken()
    {
        var pod = Pod + "    env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}]\n";

        var broken = await PolicyGenerator.GenerateAsync(
            [Manifest.Read(pod)], [Manifest.Read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: [\n")],
            new PodPolicySource(new ImageResolver(new ImageResolverOptions()), BuiltInProfiles.KataSnp), new GenerationOptions(), Cancel);

        Assert.Contains("not YAML", Assert.Single(broken.Findings).Message, StringComparison.Ordinal);
        Assert.False(broken.Succeeded);
        Assert.Null(Assert.Single(broken.Files).Content);
    }

    [Fact]
    public async Task Puts_OwnRules_BeforeTheData()
    {
        var source = new CustomRules(
            new FixedPolicy(new PodPolicy { Text = "package agent_policy\nours := true\npolicy_data := {\"a\": 1}\n" }), "package agent_policy\ntheirs := true\n");

        var made = await source.MakeAsync(Manifest.Single(Pod), PodInputs.None, Cancel);

        Assert.Equal("package agent_policy\ntheirs := true\n\npolicy_data := {\"a\": 1}\n", made.Text);
        Assert.All(made.Findings, finding => Assert.Equal(FindingSeverity.Warning, finding.Severity));
    }

    [Theory]
    [InlineData("package agent_policy\ntheirs := true\n", "no rule for any request in the package agent_policy")]
    [InlineData("package mine\ndefault CreateContainerRequest := true\n", "no rule for any request in the package agent_policy")]
    [InlineData("package agent_policy\ndefault CreateContainerRequest := true\n", "it has no rule for AddARPNeighborsRequest, ")]
    public async Task Warns_OfRequestsThatOwnRulesDoNotDecideOn(string rules, string wanted)
    {
        var source = new CustomRules(new FixedPolicy(new PodPolicy { Text = "package agent_policy\npolicy_data := {}\n" }), rules);

        var made = await source.MakeAsync(Manifest.Single(Pod), PodInputs.None, Cancel);

        Assert.Single(made.Findings, finding => finding.Message.Contains(wanted, StringComparison.Ordinal));
    }

    [Fact]
    public async Task SaysNothingMore_OfOwnRulesThatDecideOnEveryRequest()
    {
        var rules = "package agent_policy\n" + string.Concat(AgentRequests.All.Select(one => $"default {one.Name} := false\n"));
        var source = new CustomRules(new FixedPolicy(new PodPolicy { Text = "package agent_policy\npolicy_data := {}\n" }), rules);

        Assert.Contains("your own", Assert.Single((await source.MakeAsync(Manifest.Single(Pod), PodInputs.None, Cancel)).Findings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("env: [{name: CUDA, value: VALUE}]", 2000, FindingSeverity.Warning, "the variable 'CUDA' of container 'app'", "app.yaml:10:11")]
    [InlineData("args: [VALUE]", 2000, FindingSeverity.Warning, "an argument of container 'app'", "app.yaml:8:5")]
    [InlineData("args: [VALUE]", 70_000, FindingSeverity.Error, "an argument of container 'app'", "app.yaml:8:5")]
    public async Task Tells_WhatMakesALineLongerThanAgentsRead(string line, int length, FindingSeverity severity, string what, string place)
    {
        var yaml = Pod.Replace("spec:\n", "spec:\n  runtimeClassName: kata-qemu-snp\n", StringComparison.Ordinal) + "    "
            + line.Replace("VALUE", new string('x', length), StringComparison.Ordinal) + "\n";

        var result = await images.GenerateAsync(new GenerationOptions(), BuiltInProfiles.KataSnp, Manifest.Read(yaml));

        var finding = Assert.Single(result.Findings);
        Assert.Equal((severity, place), (finding.Severity, finding.Location!.ToString()));
        Assert.Contains(what, finding.Message, StringComparison.Ordinal);
        Assert.Contains(severity is FindingSeverity.Error ? "agents read at most 65536" : "agents before Kata 3.24 read at most 1024", finding.Message,
            StringComparison.Ordinal);
    }

    private sealed class FixedPolicy(PodPolicy policy) : IPodPolicySource
    {
        public PodInputs? Inputs { get; private set; }

        public Task<PodPolicy> MakeAsync(Workload workload, PodInputs inputs, CancellationToken cancel)
        {
            Inputs = inputs;
            return Task.FromResult(policy);
        }
    }
}
