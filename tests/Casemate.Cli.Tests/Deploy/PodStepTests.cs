using System.Text.Json.Nodes;
using Casemate.Cli.Deploy;
using Casemate.Kubernetes;

namespace Casemate.Cli.Tests.Deploy;

/// <summary>Why a pod does not run, read from its status.</summary>
public sealed class PodStepTests
{
    [Fact]
    public void WithoutAPlace_TheSchedulersWordsAreSaid()
    {
        var step = Of("""
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
             "message": "0/3 nodes are available: 3 Insufficient sgx.intel.com/epc."}]}
            """);

        Assert.Equal(PodStage.Waiting, step.Stage);
        Assert.Equal(
            "no node has a place for it: Unschedulable: 0/3 nodes are available: 3 Insufficient sgx.intel.com/epc.", step.Text);
    }

    [Theory]
    [InlineData("ImagePullBackOff", "Stuck", "its image cannot be had: ImagePullBackOff: no such image")]
    [InlineData("ErrImageNeverPull", "Stuck", "its image cannot be had: ErrImageNeverPull: no such image")]
    [InlineData("CreateContainerConfigError", "Stuck", "its container cannot be made: CreateContainerConfigError: no such image")]
    [InlineData("ErrImagePull", "Waiting", "its image is not pulled yet: ErrImagePull: no such image")]
    [InlineData("ContainerCreating", "Waiting", "its container is being made")]
    public void AContainerThatWaits_SaysWhatFor(string reason, string stage, string text)
    {
        var step = Of($$"""
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}],
             "containerStatuses": [{"state": {"waiting": {"reason": "{{reason}}", "message": "no such image"} } }]}
            """);

        Assert.Equal((stage, text), (step.Stage.ToString(), step.Text));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void AContainerThatEnded_HasItsExitCode(int code)
    {
        var step = Of($$"""
            {"phase": "Running", "containerStatuses": [{"state": {"terminated": {"exitCode": {{code}}, "reason": "Because"} } }]}
            """);

        Assert.Equal((PodStage.Ended, code, $"its container ended with {code}: Because"), (step.Stage, step.ContainerExit, step.Text));
    }

    [Fact]
    public void APodThatTheKubeletRefused_IsStuck()
    {
        var step = Of("""{"phase": "Failed", "reason": "UnexpectedAdmissionError", "message": "Allocate failed"}""");

        Assert.Equal((PodStage.Stuck, "it failed before its container ran: UnexpectedAdmissionError: Allocate failed"), (step.Stage, step.Text));
    }

    [Fact]
    public void WordsOfACluster_AreOneLine_OfBoundedLength()
    {
        var text = Of("{\"phase\": \"Failed\", \"message\": \"a\\u001b[2Jb\\n" + new string('x', 5000) + "\"}").Text;

        Assert.StartsWith("it failed before its container ran: a [2Jb xxx", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 100, 450);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"phase": 7, "conditions": {}, "containerStatuses": [null, 3]}""")]
    [InlineData("""{"phase": "Pending", "conditions": [1], "containerStatuses": [{"state": []}]}""")]
    public void AStatusThatSaysNothing_IsPending(string status) =>
        Assert.Equal((PodStage.Waiting, "it is Pending"), (Of(status).Stage, Of(status).Text));

    private static PodStep Of(string status) => PodStep.Of(KubeObject.From(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = "p", ["namespace"] = "n" },
        ["status"] = JsonNode.Parse(status),
    }));
}
