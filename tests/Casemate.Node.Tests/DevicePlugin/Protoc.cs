using System.Reflection;
using System.Text;
using Casemate.Testing;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>The decoder of protobuf's own compiler: knows nothing of our messages, and nothing of our encoder.</summary>
internal static class Protoc
{
    /// <summary>What <c>protoc --decode_raw</c> makes of bytes; the test fails when it makes nothing of them.</summary>
    public static async Task<string> DecodeRawAsync(byte[] message)
    {
        var path = typeof(Protoc).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "Protoc").Value!;
        var result = await ChildProgram.RunAsync(path, ["--decode_raw"], message);
        Assert.True(result.ExitCode == 0, $"protoc: {result.Error} (message of {message.Length} bytes)");
        return result.Output.ReplaceLineEndings("\n");
    }

    /// <summary>The fields of a message in protoc's notation, for comparison.</summary>
    public static string Field(int number, string value, int indent = 0) =>
        new StringBuilder().Append(' ', indent * 2).Append(number).Append(": \"").Append(value).Append("\"\n").ToString();
}
