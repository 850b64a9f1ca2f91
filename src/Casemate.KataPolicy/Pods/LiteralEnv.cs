namespace Casemate.KataPolicy.Pods;

/// <summary>A value written in the document; <c>$(NAME)</c> in it stands for an earlier variable. Absent means empty.</summary>
/// <param name="Value">The text as written.</param>
public sealed record LiteralEnv(string Value) : EnvSource;
