<?php

use App\Http\Controllers\HealthController;
use App\Http\Controllers\ProductController;
use Illuminate\Support\Facades\Route;

Route::get('/healthz', [HealthController::class, 'alive']);
Route::get('/readyz', [HealthController::class, 'ready']);
Route::get('/api/products', ProductController::class);
