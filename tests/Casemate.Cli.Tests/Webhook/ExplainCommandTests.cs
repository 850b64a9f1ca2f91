using System.Text;
using System.Text.Json;
using Casemate.Admission;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Webhook;

/// <summary><c>casemate webhook explain</c>.</summary>
public sealed class ExplainCommandTests
{
    private static string Corpus(string name) => Path.Combine(RepositoryPaths.Root, "tests", "corpus", "admission", name);

    [Theory]
    [InlineData("010", "8 MiB")]
    [InlineData("0x10", "16 MiB")]
    [InlineData("08", "8 MiB")]
    [InlineData("0X10", "16 MiB")]
    [InlineData("1_0", "10 MiB")]
    [InlineData("1e2", "100 MiB")]
    [InlineData("'010'", "10 MiB")]
    public void ReadsNumbers_AsKubectlSendsThem(string amount, string told)
    {
        using var directory = new TemporaryDirectory();
        var file = directory.File("pod.yaml");
        File.WriteAllText(
            file,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: a\n    image: x\n"
                + $"    resources: {{limits: {{kubernetes.azure.com/sgx_epc_mem_in_MiB: {amount}}}}}\n");

        Assert.Contains($"{told} of EPC", CommandLine.Run("webhook", "explain", "-f", file).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Shows_EachChange_WithItsReason()
    {
        var run = CommandLine.Run("webhook", "explain", "-f", Corpus("01-aks-old-helloworld.yaml"), "--node", "dc48s_v3");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("Job oe-helloworld", run.Output, StringComparison.Ordinal);
        Assert.Contains("10 MiB of EPC. Requests are written as sgx.intel.com/epc (bytes)", run.Output, StringComparison.Ordinal);
        Assert.Contains("\"10Mi\"", run.Output, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public void KeepsNames_WithoutANode() => Assert.Contains(
        "Requests keep their names: no node is known.",
        CommandLine.Run("webhook", "explain", "-f", Corpus("01-aks-old-helloworld.yaml")).Output, StringComparison.Ordinal);

    [Fact]
    public void SaysNothing_OfHelpers_WhichAMachineDoesNotDescribe() => Assert.DoesNotContain(
        "QuotesWithoutHelper",
        CommandLine.Run("webhook", "explain", "-f", Corpus("13-gramine-aesmd.yaml"), "--node", "dc48s_v3").Output, StringComparison.Ordinal);

    [Fact]
    public void Says_WhenNothingIsChanged() => Assert.Contains(
        "Nothing is changed: the pod asks for nothing.",
        CommandLine.Run("webhook", "explain", "-f", Corpus("21-ordinary.yaml")).Output, StringComparison.Ordinal);

    [Fact]
    public void Fails_WhenAPodWouldBeRefused_NamingThePlace()
    {
        var run = CommandLine.Run("webhook", "explain", "-f", Corpus("19-both-names-differ.yaml"));

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("refused AmountsDiffer: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("19-both-names-differ.yaml:8:5: ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_SeveralDocuments_FromStandardInput_AsJson()
    {
        var run = CommandLine.RunWithInput(
            File.ReadAllBytes(Corpus("04-attested-tls.yaml")), "webhook", "explain", "-f", "-", "--node", "dc2s_v2", "-o", "json");

        using var json = JsonDocument.Parse(run.Output);
        var pods = json.RootElement.GetProperty("pods");
        Assert.Equal(2, pods.GetArrayLength());
        Assert.Equal("spec.template", pods[0].GetProperty("path").GetString());
        Assert.Equal("stdin:", pods[0].GetProperty("place").GetString()![..6]);
        Assert.Equal(5 << 20, pods[1].GetProperty("epcBytes").GetInt64());
        Assert.Equal("add", pods[0].GetProperty("patch")[0].GetProperty("op").GetString());
        Assert.NotEqual("", pods[0].GetProperty("patch").EnumerateArray().Last().GetProperty("reason").GetString());
    }

    [Fact]
    public void Writes_ClaimTemplates_WhenAskedForClaims()
    {
        var run = CommandLine.Run("webhook", "explain", "-f", Corpus("03-aks-new-helloworld.yaml"), "--epc-backend", "dra", "-o", "yaml");

        Assert.Contains("resourceClaimTemplateName: \"casemate-sgx-epc-10mi\"", run.Output, StringComparison.Ordinal);
        Assert.Contains("kind: \"ResourceClaimTemplate\"", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_ByPolicy() => Assert.Equal(
        ExitCode.Refused,
        CommandLine.Run("webhook", "explain", "-f", Corpus("09-marblerun-bytes.yaml"), "--deny", "AmountInBytes").ExitCode);

    [Theory]
    [InlineData("--deny", "AmountInByte", "Did you mean 'AmountInBytes'?")]
    [InlineData("--epc-resource", "none", "--epc-resource 'none'")]
    [InlineData("--epc-backend", "both", "--epc-backend 'both'")]
    [InlineData("--aesm", "none", "--aesm 'none'")]
    [InlineData("--node", "dc9s", "no machine is named 'dc9s'")]
    [InlineData("--provision-allow", "A/b", "--provision-allow has 'A/b'")]
    public void Refuses_ASettingThatMakesNoSense(string flag, string value, string told)
    {
        var run = CommandLine.Run("webhook", "explain", "-f", Corpus("21-ordinary.yaml"), flag, value);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(told, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: [")]
    [InlineData("a: 1\na: 2")]
    public void Refuses_WhatCannotBeRead_WithItsPlace(string yaml)
    {
        var run = CommandLine.RunWithInput(Encoding.UTF8.GetBytes(yaml), "webhook", "explain", "-f", "-");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("stdin:", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"List","items":[{"kind":"Pod","spec":{}},{"kind":"List","items":[{"kind":"Pod","spec":{}}]}]}""", "items[0],items[1].items[0]")]
    [InlineData("""{"kind":"Rollout","spec":{"template":{"spec":{"containers":[]}}}}""", "spec.template")]
    [InlineData("""{"kind":"PodTemplate","template":{"spec":{"containers":[]}}}""", "template")]
    [InlineData("""{"kind":"CronJob","spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[]}}}}}}""", "spec.jobTemplate.spec.template")]
    [InlineData("""{"kind":"Service","spec":{"template":"x"}}""", "")]
    [InlineData("[]", "")]
    [InlineData("""{"kind":"List","items":null}""", "")]
    public void FindsPods_InAnyKind(string document, string paths)
    {
        using var json = JsonDocument.Parse(document);

        Assert.All(PodTemplate.Find(json.RootElement), pod => Assert.Null(pod.Problem));
        Assert.Equal(paths, string.Join(",", PodTemplate.Find(json.RootElement).Select(pod => pod.Path)));
    }

    [Theory]
    [InlineData("kind: Pod\nspec: [1]\n", "stdin:2:1: ")]
    [InlineData("kind: Pod\nmetadata: {name: a}\n", "stdin:1:1: ")]
    [InlineData("kind: List\nitems: 5\n", "stdin:2:1: ")]
    [InlineData("kind: List\nitems:\n- 5\n", "stdin:3:3: ")]
    [InlineData("kind: CronJob\nspec:\n  jobTemplate: {spec: {template: []}}\n", "stdin:3:24: ")]
    public void Tells_OfAPodThatIsNone_WithItsPlace(string yaml, string place)
    {
        var run = CommandLine.RunWithInput(Encoding.UTF8.GetBytes(yaml), "webhook", "explain", "-f", "-");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("warning MalformedPod: " + place, run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("there is no pod in it", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            ExitCode.Refused,
            CommandLine.RunWithInput(Encoding.UTF8.GetBytes(yaml), "webhook", "explain", "-f", "-", "--deny", "MalformedPod").ExitCode);
    }
}
