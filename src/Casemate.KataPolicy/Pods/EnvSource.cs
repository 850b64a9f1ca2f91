namespace Casemate.KataPolicy.Pods;

/// <summary>Where a variable's value comes from: one of <see cref="LiteralEnv"/>, <see cref="ConfigMapKeyEnv"/>,
/// <see cref="SecretKeyEnv"/>, <see cref="FieldEnv"/>, <see cref="ResourceFieldEnv"/>, <see cref="FileKeyEnv"/>. Closed.</summary>
public abstract record EnvSource
{
    private protected EnvSource()
    {
    }
}
