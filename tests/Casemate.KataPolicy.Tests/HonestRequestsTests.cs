using Casemate.Rego;

namespace Casemate.KataPolicy.Tests;

/// <summary>What an honest host asks for is allowed by the policy that was made for the pod.</summary>
public sealed class HonestRequestsTests
{
    public static TheoryData<string> Policies => ["Web", "Layered", "Devices"];

    [Theory]
    [MemberData(nameof(Policies))]
    public void AreAllowed_FromTheSandboxToItsEnd(string name)
    {
        var data = Sample(name);
        Assert.True(AgentPolicy.TryCompile(AgentPolicyText.Write(data), out var policy, out var errors), string.Join('\n', errors));
        var state = RegoState.Initial;
        foreach (var request in HonestRequests.Of(data))
        {
            var decision = policy.Decide(state, request);
            Assert.True(decision.Allowed,
                $"{request.Kind}: {decision.Message}\n{request.Input.ToJson()}\n{string.Join('\n', policy.Explain(state, request))}");
            state = decision.State;
        }
    }

    [Fact]
    public void ARecordingOfThem_IsReadAgain_AsItWas()
    {
        var recorded = HonestRequests.Record(SamplePolicies.Layered);
        Assert.All(recorded, one => Assert.True(one.Allowed));
        Assert.Equal("sandbox", recorded[0].Description);
        Assert.Contains(recorded, one => one is { Description: "container web", Request.Kind: "CreateContainerRequest" });
        foreach (var one in recorded)
        {
            var buffer = new System.Buffers.ArrayBufferWriter<byte>();
            using (var json = new System.Text.Json.Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                one.Write(json);
                json.WriteEndObject();
            }

            Assert.True(RecordedRequest.TryRead(buffer.WrittenMemory, out var read, out var error), error);
            Assert.Equal((one.Request.Kind, one.Allowed, one.Description), (read.Request.Kind, read.Allowed, read.Description));
            Assert.Equal(one.Request.Input, read.Request.Input);
        }
    }

    [Theory]
    [InlineData(10_000, "(", ")")]
    [InlineData(40, "(", "a{1000}){1000}")]
    public void APatternThatNestsWithoutEnd_HasASampleThatEnds(int times, string open, string close) =>
        Assert.InRange(
            PatternSample.Of(string.Concat(Enumerable.Repeat(open, times)) + "x" + string.Concat(Enumerable.Repeat(close, times))).Length, 0, 8192);

    internal static PolicyData Sample(string name) => name switch
    {
        "Web" => SamplePolicies.Web,
        "Layered" => SamplePolicies.Layered,
        _ => SamplePolicies.Devices,
    };
}
