using System.Text;

namespace Casemate.Testing.Registry;

/// <summary>What the registry answers, before anything goes wrong with it.</summary>
internal sealed record Answer(int Status)
{
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The body, of which an answer to HEAD sends the length alone.</summary>
    public byte[] Body { get; init; } = [];

    /// <summary>Closes the connection in place of an answer.</summary>
    public bool IsNone { get; init; }

    public static Answer None { get; } = new(0) { IsNone = true };

    public static Answer Error(int status, string code, string message) => Json(status, $$"""{"errors":[{"code":"{{code}}","message":"{{message}}"}]}""");

    public static Answer Json(int status, string json, string type = "application/json") =>
        new Answer(status) { Body = Encoding.UTF8.GetBytes(json) }.With("Content-Type", type);

    public Answer With(string name, string value)
    {
        Headers[name] = value;
        return this;
    }
}
