namespace Casemate.KataPolicy.Tests;

/// <summary>Requests may leave out what protobuf fills in; what is no field is named.</summary>
public sealed class AgentRequestTests
{
    [Fact]
    public void FillsIn_WhatIsMissing()
    {
        Assert.True(AgentRequest.TryRead("CreateContainerRequest", "{\"OCI\":{\"Process\":{}}}"u8.ToArray(), out var request, out _));
        Assert.Equal(
            """{"Args":[],"Env":[],"Cwd":"","User":null,"Rlimits":[],"Terminal":false,"ConsoleSize":null,"OOMScoreAdj":0,"Capabilities":null,"SelinuxLabel":"","ApparmorProfile":"","NoNewPrivileges":false}"""
                .Length,
            ((Rego.RegoObject)request.Input["OCI"]!)["Process"]!.ToJson().Length);
        Assert.Equal("null", request.Input["string_user"]!.ToJson());
        Assert.Equal("[]", request.Input["storages"]!.ToJson());
    }

    [Theory]
    [InlineData("CreateContainerRequest", "{\"storages\":[{\"drivr\":\"x\"}]}", "CreateContainerRequest.storages[0].drivr is not a "
        + "field of Storage")]
    [InlineData("CreateContainerRequest", "{\"storages\":{}}", "CreateContainerRequest.storages must be an array")]
    [InlineData("CreateContainerRequest", "{\"stdin_port\":\"1\"}", "CreateContainerRequest.stdin_port must be a number")]
    [InlineData("CreateContainerRequest", "{\"OCI\":{\"Annotations\":{\"a\":1}}}", "CreateContainerRequest.OCI.Annotations['a'] must be "
        + "a string")]
    [InlineData("CreateContainerRequest", "[]", "CreateContainerRequest must be an object")]
    [InlineData("NoSuchRequest", "{}", "'NoSuchRequest' is no request of the agent")]
    public void Names_WhatIsNoRequest(string kind, string json, string wanted)
    {
        Assert.False(AgentRequest.TryRead(kind, System.Text.Encoding.UTF8.GetBytes(json), out _, out var error));
        Assert.Equal(wanted, error);
    }

    [Theory]
    [InlineData("CreateContainer", "CreateContainerRequest")]
    [InlineData("CreateContainerRequest", "CreateContainerRequest")]
    [InlineData("MemAgentMemcgConfig", "MemAgentMemcgConfig")]
    public void Finds_ARequest_ByItsShortName(string name, string kind)
    {
        Assert.True(AgentRequest.TryRead(name, "{}"u8.ToArray(), out var request, out var error), error);
        Assert.Equal(kind, request.Kind);
    }

    [Theory]
    [InlineData("CreateContainers", "did you mean CreateContainerRequest?")]
    [InlineData("CreateContanerRequest", "did you mean CreateContainerRequest?")]
    [InlineData("execprocess", "did you mean ExecProcessRequest?")]
    public void Names_TheRequestThatWasProbablyMeant(string name, string wanted)
    {
        Assert.False(AgentRequest.TryRead(name, "{}"u8.ToArray(), out _, out var error));
        Assert.Equal($"'{name}' is no request of the agent; {wanted}", error);
    }

    [Theory]
    [InlineData("""{"kind":"CreateContainerRequest","request":{"allowed":true,"ops":[]}}""", true)]
    [InlineData("""{"kind":"CreateContainerRequest","request":{"allowed":false}}""", true)]
    [InlineData("""{"kind":"CreateContainerRequest","request":{"allowed":true,"OCI":{}}}""", false)]
    [InlineData("""{"kind":"CreateContainerRequest","request":{},"allowed":true}""", false)]
    [InlineData("""{"kind":"CreateContainerRequest","request":{"allowed":1}}""", false)]
    [InlineData("nothing", false)]
    public void Knows_TheAnswerOfAnAgent_FromARequest(string line, bool isAnswer) =>
        Assert.Equal(isAnswer, RecordedRequest.IsAnswer(System.Text.Encoding.UTF8.GetBytes(line)));

    [Theory]
    [InlineData(0x81A4, "Regular")]
    [InlineData(0x41ED, "Directory")]
    [InlineData(0xA1FF, "Symlink")]
    [InlineData(0x21A4, "Unknown")]
    public void Shows_WhatAFileIs(int mode, string type)
    {
        var json = System.Text.Encoding.UTF8.GetBytes($"{{\"path\":\"/x\",\"file_mode\":{mode}}}");
        Assert.True(AgentRequest.TryRead("CopyFileRequest", json, out var request, out _));
        Assert.Equal($"\"{type}\"", request.Input["file_type"]!.ToJson());
    }
}
