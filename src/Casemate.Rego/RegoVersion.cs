namespace Casemate.Rego;

/// <summary>The dialect of a policy.</summary>
public enum RegoVersion
{
    /// <summary>
    /// The dialect of OPA before 1.0: <c>if</c>, <c>contains</c>, <c>in</c> and <c>every</c> are keywords only where imported. A module
    /// with
    /// <c>import rego.v1</c> follows the rules of <see cref="V1"/>. What the agent of Kata Containers reads.
    /// </summary>
    V0 = 0,

    /// <summary>The dialect of OPA 1.0: the four keywords are reserved, <c>if</c> stands before bodies, <c>contains</c> makes
    /// sets.</summary>
    V1,
}
