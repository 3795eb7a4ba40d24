namespace Turnpike.ControlPlane.Scaling;

public static class ScalingExtensions
{
    /// <summary>Registers what decides how many edges there should be, and tells of it; not what acts on it.</summary>
    public static IServiceCollection AddScaling(this IServiceCollection services) => services
        .AddSingleton<IWorkloadSource, NoWorkloadSource>()
        .AddSingleton<FleetSnapshots>()
        .AddSingleton<DecisionLog>()
        .AddSingleton<ScalingDesk>()
        .AddSingleton<DecisionWatch>()
        .AddSingleton<ScalingMetrics>();

    /// <summary>Begins to show the decisions' figures, and serves the API.</summary>
    public static WebApplication UseScaling(this WebApplication app)
    {
        _ = app.Services.GetRequiredService<ScalingMetrics>();
        app.MapGrpcService<ScalingApi>();
        return app;
    }

    /// <summary>Registers what decides again and again where nothing here acts on it: all modes but the built-in scaler's.</summary>
    public static IServiceCollection AddScalingEvaluator(this IServiceCollection services) => services.AddHostedService<ScalingEvaluator>();
}
